"""Modules by `wasm-tools smith` that use only what the engine has."""

from __future__ import annotations

import random
import subprocess

from gabagool.binary.sections import decode
from gabagool.types import V128
from gabagool.wat import executable

_OFF = ("memory64", "custom-page-sizes", "exceptions", "gc", "relaxed-simd", "threads",
        "wide-arithmetic", "shared-everything-threads", "compact-imports", "custom-descriptors")
# simd and memory64 (or several memories) together wait for vectors in every memory
_ON = ("bulk-memory", "extended-const", "multi-value", "reference-types",
       "saturating-float-to-int", "sign-extension-ops", "simd", "tail-call")
_OPTIONS = {
    **{f"{feature}-enabled": "false" for feature in _OFF},
    **{f"{feature}-enabled": "true" for feature in _ON},
    "export-everything": "true", "max-imports": "4", "min-types": "4", "max-types": "8",
    "min-funcs": "3", "max-funcs": "8", "max-instructions": "300", "max-globals": "6",
    "max-element-segments": "4", "max-elements": "10", "max-data-segments": "4",
    "min-memories": "1", "max-memories": "1", "max-memory32-bytes": str(5 * 65536),
    "memory-max-size-required": "true", "max-tables": "3", "max-table-elements": "50",
    "table-max-size-required": "true",
    "fuel": "500",          # loop iterations and calls, then the module traps
}
_FLAGS = ["--ensure-termination", *(f"--{name}={value}" for name, value in _OPTIONS.items())]
_SIZES = (3000, 10000, 30000)
_UNUSABLE = 2               # exit status: the input does not make a module


def generate(seed: int) -> bytes:
    """The module of a seed. Every other one avoids instructions that trap."""
    rng = random.Random(seed)
    command = [executable(), "smith", *_FLAGS,
               f"--disallow-traps={'true' if seed % 2 else 'false'}"]
    while True:
        done = subprocess.run(command, input=rng.randbytes(rng.choice(_SIZES)),
                              capture_output=True)
        if done.returncode == _UNUSABLE:
            continue
        done.check_returncode()
        if not _imports_vectors(done.stdout):
            return done.stdout


def _imports_vectors(wasm: bytes) -> bool:
    """Whether the host would have to provide some, which wasmtime's Python face can't."""
    return any("v128" in str(i.desc) or getattr(i.desc, "valtype", None) == V128
               for i in decode(wasm).imports)
