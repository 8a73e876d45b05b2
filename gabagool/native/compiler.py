"""From LLVM IR to object code to a loaded engine."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from gabagool.native import elf, fusion

# Code generation levels. Quick code is made in a quarter of the time and runs at two thirds of
# the speed: it bridges the time until the best is there.
QUICK, BEST = 0, 2
READING = "reading"    # the object file of reading variants


@lru_cache(maxsize=1)
def llvm() -> Any:
    """The library, initialised once."""
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding


def target_machine(level: int = BEST) -> Any:
    binding = llvm()
    return binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(), features=binding.get_host_cpu_features().flatten(),
        opt=level, codemodel="jitdefault", jit=True)


def load_object(obj: bytes) -> Any:
    """Object code ready to run, for as long as this lives; `get_function_address` gives it."""
    return elf.load(obj) or load_by_llvm(obj)


def load_by_llvm(obj: bytes) -> Any:
    binding = llvm()
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), target_machine())
    engine.add_object_file(binding.ObjectFileRef.from_data(obj))
    engine.finalize_object()
    return engine


def compile_unit(unit: str) -> bytes:
    """The object code of a unit other than the main one, or of the reading variants."""
    from gabagool.native.handlers import build_reading, build_unit

    return object_code(build_reading() if unit == READING else build_unit(unit))


class Part(NamedTuple):
    """Object code, and the names of the handlers in its table `handlers`."""

    names: list[str]
    code: bytes


def compile_main(fusions: Sequence[tuple[str, ...]] = fusion.SEQUENCES,
                 level: int = BEST) -> bytes:
    """The main unit, as one part (see `unpack`)."""
    from gabagool.native.handlers import build_main

    module, names = build_main(fusions)
    return packed(Part(names, object_code(module, level)))


def compile_quick(fusions: Sequence[tuple[str, ...]],
                  hot: Sequence[tuple[str, ...]] = fusion.HOT) -> bytes:
    """The main unit, made in a hurry; but what is hot is a part of its own, made with care."""
    from gabagool.native.handlers import build_main, build_some

    module, names = build_main(fusions, hot)
    best, best_names = build_some(s for s in hot if len(s) == 1 or s in fusions)
    return packed(Part(names, object_code(module, QUICK)), Part(best_names, object_code(best)))


def packed(*parts: Part) -> bytes:
    """Parts as one string of bytes."""
    packets = []
    for names, code in parts:
        text = "\n".join(names).encode()
        packets.append(struct.pack("<II", len(text), len(code)) + text + code)
    return b"".join(packets)


def unpack(payload: bytes) -> list[Part]:
    """The opposite of `packed`."""
    parts, at = [], 0
    while at < len(payload):
        middle, size = struct.unpack_from("<II", payload, at)
        middle += at + 8
        parts.append(Part(payload[at + 8:middle].decode().splitlines(),
                          payload[middle:middle + size]))
        at = middle + size
    return parts


def object_code(module: Any, level: int = BEST, thorough: bool = False) -> bytes:
    """Handlers are optimised one by one; `thorough` is for helpers, which call each other."""
    binding = llvm()
    machine = target_machine(level)
    module.triple = binding.get_process_triple()
    module.data_layout = str(machine.target_data)
    parsed = binding.parse_assembly(str(module))
    parsed.verify()
    if level > QUICK:
        (_optimise_whole if thorough else _optimise)(parsed, machine)
    return bytes(machine.emit_object(parsed))


def _optimise(parsed: Any, machine: Any) -> None:
    """Function passes only: a handler is small, and whole-module passes cost six times as much
    without making it faster (measured)."""
    binding = llvm()
    builder = binding.create_pass_builder(machine, binding.create_pipeline_tuning_options())
    passes = binding.create_new_function_pass_manager()
    passes.add_sroa_pass()
    passes.add_instruction_combine_pass()
    passes.add_simplify_cfg_pass()
    for function in parsed.functions:
        if not function.is_declaration:
            passes.run(function, builder)


def _optimise_whole(parsed: Any, machine: Any) -> None:
    binding = llvm()
    options = binding.create_pipeline_tuning_options(speed_level=2)
    builder = binding.create_pass_builder(machine, options)
    builder.getModulePassManager().run(parsed, builder)
