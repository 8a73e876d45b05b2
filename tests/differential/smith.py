"""Modules by `wasm-tools smith` that use only what the engine has."""

from __future__ import annotations

import random
import subprocess

from tests.spec.convert import wasm_tools

_OFF = ("custom-page-sizes", "exceptions", "gc", "relaxed-simd", "simd", "threads",
        "wide-arithmetic", "shared-everything-threads", "compact-imports", "custom-descriptors")
_ON = ("bulk-memory", "extended-const", "memory64", "multi-value", "reference-types",
       "saturating-float-to-int", "sign-extension-ops", "tail-call")
_OPTIONS = {
    **{f"{feature}-enabled": "false" for feature in _OFF},
    **{f"{feature}-enabled": "true" for feature in _ON},
    "export-everything": "true", "max-imports": "4", "min-types": "4", "max-types": "8",
    "min-funcs": "3", "max-funcs": "8", "max-instructions": "300", "max-globals": "6",
    "max-element-segments": "4", "max-elements": "10", "max-data-segments": "4",
    "min-memories": "1", "max-memories": "3", "max-memory32-bytes": str(5 * 65536),
    "max-memory64-bytes": str(5 * 65536),
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
    command = [wasm_tools(), "smith", *_FLAGS,
               f"--disallow-traps={'true' if seed % 2 else 'false'}"]
    while True:
        done = subprocess.run(command, input=rng.randbytes(rng.choice(_SIZES)),
                              capture_output=True)
        if done.returncode != _UNUSABLE:
            done.check_returncode()
            return done.stdout
