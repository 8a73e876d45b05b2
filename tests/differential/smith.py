"""Modules by `wasm-tools smith` that use all the engine has."""

from __future__ import annotations

import random
import subprocess

from gabagool.binary.code import read_locals
from gabagool.binary.instrs import instructions
from gabagool.binary.reader import Reader
from gabagool.binary.sections import decode
from gabagool.isa import BY_NAME
from gabagool.syntax import Import, Module
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
from gabagool.wat import executable

# What modules may use: smith's names. Typed function references come with `gc` only.
FEATURES = {
    "bulk-memory": True,
    "exceptions": True,
    "extended-const": True,
    "gc": False,
    "memory64": True,
    "multi-value": True,
    "reference-types": True,
    "relaxed-simd": True,
    "saturating-float-to-int": True,
    "sign-extension-ops": True,
    "simd": True,
    "tail-call": True,
    # proposals that are no part of WebAssembly 3.0
    "compact-imports": False,
    "custom-descriptors": False,
    "custom-page-sizes": False,
    "shared-everything-threads": False,
    "threads": False,
    "wide-arithmetic": False,
}
_MEMORY = str(5 * 65536)
_OPTIONS = {
    **{f"{feature}-enabled": str(on).lower() for feature, on in FEATURES.items()},
    "export-everything": "true", "max-imports": "4", "min-types": "4", "max-types": "8",
    "min-funcs": "3", "max-funcs": "8", "max-instructions": "300", "max-globals": "6",
    "max-tags": "4", "max-element-segments": "4", "max-elements": "10", "max-data-segments": "4",
    "min-memories": "1", "max-memories": "3", "max-memory32-bytes": _MEMORY,
    "max-memory64-bytes": _MEMORY, "memory-max-size-required": "true", "max-tables": "3",
    "max-table-elements": "50", "table-max-size-required": "true",
    "fuel": "500",          # loop iterations and calls, then the module traps
}
# Modules with objects. Hosts can't make values of their types, so there are no imports.
_GC_OPTIONS = {**_OPTIONS, "gc-enabled": "true", "max-imports": "0", "min-types": "8",
               "max-types": "30"}


def _flags(options: dict[str, str]) -> list[str]:
    return ["--ensure-termination", *(f"--{name}={value}" for name, value in options.items())]


_SIZES = (3000, 10000, 30000)
_UNUSABLE = 2               # exit status: the input does not make a module


def generate(seed: int, gc: bool = False) -> bytes:
    """The module of a seed. Every other one avoids instructions that trap."""
    rng = random.Random(seed)
    command = [executable(), "smith", *_flags(_GC_OPTIONS if gc else _OPTIONS),
               f"--disallow-traps={'true' if seed % 2 else 'false'}"]
    while True:
        done = subprocess.run(command, input=rng.randbytes(rng.choice(_SIZES)),
                              capture_output=True)
        if done.returncode == _UNUSABLE:
            continue
        done.check_returncode()
        module = decode(done.stdout)
        if not any(map(_beyond, module.imports)):
            return _unfused(module)


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


_FUSED = {BY_NAME[f"{shape}.relaxed_{op}"].opcode for shape in ("f32x4", "f64x2")
          for op in ("madd", "nmadd")}
_INSTEAD = BY_NAME["i8x16.relaxed_laneselect"].opcode


def _unfused(module: Module) -> bytes:
    """The module with another instruction in place of multiply-and-add: both engines are
    deterministic there, but round once (wasmtime) and twice (the deterministic profile)."""
    wasm = bytearray(module.source)
    for func in module.funcs:
        r = Reader(module.source, func.start, func.end)
        read_locals(r)
        for instr in instructions(module.source, r.pos, func.end):
            if instr.opcode in _FUSED:
                at = instr.offset + 1
                assert wasm[at:at + 2] == _two_bytes(instr.opcode)
                wasm[at:at + 2] = _two_bytes(_INSTEAD)
    return bytes(wasm)


def _two_bytes(opcode: int) -> bytes:
    """The suboperation as LEB128."""
    sub = opcode & 0xFFFF
    return bytes((sub & 0x7F | 0x80, sub >> 7))
