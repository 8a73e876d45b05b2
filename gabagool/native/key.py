"""What object code depends on: our sources, LLVM, the processor. LLVM itself need not be asked."""

from __future__ import annotations

import hashlib
import os
import sys
from functools import lru_cache
from pathlib import Path

from gabagool.native import cache

_CPUINFO = "/proc/cpuinfo"
_ENOUGH = 1 << 14        # of it: it says the same of each processor
# What it says of a processor apart from its number and state.
_MODEL = ("vendor_id", "cpu family", "model", "model name", "stepping", "flags")


@lru_cache(maxsize=1)
def object_key() -> str:
    """A name for object code made by these sources on this computer."""
    import llvmlite  # without its bindings

    digest = hashlib.sha256(cache.sources("isa", "native"))
    for part in (llvmlite.__version__, *_libraries(Path(llvmlite.__file__).parent), sys.platform,
                 _processor() or _processor_by_llvm()):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()[:32]


def _libraries(package: Path) -> list[str]:
    """Names and sizes of LLVM's library: packagers build it with versions of their own."""
    found = (package / "binding").glob("*llvmlite*")
    return [f"{path.name} {path.stat().st_size}" for path in sorted(found)]


def _processor() -> str:
    """The processor's model and abilities, if the system tells; else nothing."""
    try:
        with open(_CPUINFO, "rb", buffering=0) as file:
            first = file.read(_ENOUGH).partition(b"\n\n")[0].decode(errors="replace")
    except OSError:
        return ""
    facts = dict(line.split("\t", 1) for line in first.splitlines() if "\t" in line)
    known = [facts[name] for name in _MODEL if name in facts]
    return "\n".join((os.uname().machine, *known)) if len(known) == len(_MODEL) else ""


def _processor_by_llvm() -> str:
    from gabagool.native.compiler import llvm

    binding = llvm()
    return "\n".join((binding.get_process_triple(), binding.get_host_cpu_name(),
                      binding.get_host_cpu_features().flatten()))
