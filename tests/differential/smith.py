"""Modules by `wasm-tools smith` that use only what the engine has."""

from __future__ import annotations

import random
import subprocess

from gabagool.binary.sections import decode
from gabagool.syntax import Import
from gabagool.types import (
    EXN,
    NOEXN,
    V128,
    FuncType,
    GlobalType,
    TableType,
    TagType,
    ValType,
    heap_of,
    is_ref,
)
from tests.spec.convert import wasm_tools

_OFF = ("memory64", "custom-page-sizes", "gc", "relaxed-simd", "threads",
        "wide-arithmetic", "shared-everything-threads", "compact-imports", "custom-descriptors")
# simd and memory64 (or several memories) together wait for vectors in every memory
_ON = ("bulk-memory", "exceptions", "extended-const", "multi-value", "reference-types",
       "saturating-float-to-int", "sign-extension-ops", "simd", "tail-call")
_OPTIONS = {
    **{f"{feature}-enabled": "false" for feature in _OFF},
    **{f"{feature}-enabled": "true" for feature in _ON},
    "export-everything": "true", "max-imports": "4", "min-types": "4", "max-types": "8",
    "min-funcs": "3", "max-funcs": "8", "max-instructions": "300", "max-globals": "6",
    "max-tags": "4", "max-element-segments": "4", "max-elements": "10", "max-data-segments": "4",
    "min-memories": "1", "max-memories": "1", "max-memory32-bytes": str(5 * 65536),
    "memory-max-size-required": "true", "max-tables": "3", "max-table-elements": "50",
    "table-max-size-required": "true",
    "fuel": "500",          # loop iterations and calls, then the module traps
}
# Modules with objects. Hosts can't make values of their types, so there are no imports.
_GC_OPTIONS = {**_OPTIONS, "gc-enabled": "true", "max-imports": "0", "min-types": "8",
               "max-types": "30", "simd-enabled": "false"}


def _flags(options: dict[str, str]) -> list[str]:
    return ["--ensure-termination", *(f"--{name}={value}" for name, value in options.items())]


_SIZES = (3000, 10000, 30000)
_UNUSABLE = 2               # exit status: the input does not make a module


def generate(seed: int, gc: bool = False) -> bytes:
    """The module of a seed. Every other one avoids instructions that trap."""
    rng = random.Random(seed)
    command = [wasm_tools(), "smith", *_flags(_GC_OPTIONS if gc else _OPTIONS),
               f"--disallow-traps={'true' if seed % 2 else 'false'}"]
    while True:
        done = subprocess.run(command, input=rng.randbytes(rng.choice(_SIZES)),
                              capture_output=True)
        if done.returncode == _UNUSABLE:
            continue
        done.check_returncode()
        if not any(map(_beyond, decode(done.stdout).imports)):
            return done.stdout


def _beyond(wanted: Import) -> bool:
    """Whether wasmtime's Python face can't provide an import: it knows no v128 nor exnref."""
    t = wanted.desc
    types: tuple[ValType, ...] = ()
    if isinstance(t, FuncType):
        types = t.params + t.results
    elif isinstance(t, TagType):
        types = t.params
    elif isinstance(t, GlobalType | TableType):
        types = (t.valtype if isinstance(t, GlobalType) else t.element,)
    return any(v == V128 or (is_ref(v) and heap_of(v) in (EXN, NOEXN)) for v in types)
