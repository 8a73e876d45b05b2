"""Names as people wrote them: C++ (Itanium), Rust and Swift symbols, by LLVM's demanglers."""

from __future__ import annotations

import re
from functools import lru_cache

import pydemumble

_MANGLED = re.compile(r"_{1,3}(Z|R|\$s)\w")
_RUST_HASH = re.compile(r"::h[0-9a-f]{16}$")
_LONGEST = 4096         # of a hostile symbol, what it stands for may be exponentially longer
_SHOWN = 1000


@lru_cache(maxsize=65536)
def demangled(name: str) -> str:
    """What a symbol stands for, or the name as it is where it isn't mangled."""
    if not _MANGLED.match(name) or len(name) > _LONGEST:
        return name
    try:
        found = pydemumble.demangle(name)
    except (ValueError, UnicodeDecodeError, RuntimeError):
        return name
    return _RUST_HASH.sub("", found or name)[:_SHOWN]


def base_name(name: str) -> str:
    """`foo::bar<int>(char, long)` without what follows the name: `foo::bar`."""
    if "operator" in name:
        return name.partition("(")[0] or name
    depth, start, end = 0, 0, len(name)
    for i, char in enumerate(name):
        if char == "<":
            depth += 1
        elif char == ">":
            depth -= 1
        elif char == " " and depth == 0:        # what comes before is the type of the result
            start = i + 1
        elif char == "(" and depth == 0 and i and not name.startswith("(anonymous", i):
            end = i
            break
    if end == len(name):        # no parameters, so there is no result either
        start = 0
    return re.sub(r"(?<=.)(::)?<.*>$", "", name[start:end]) or name
