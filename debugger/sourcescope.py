"""Source variables in conditions, and in what log-points print: as nodes for native code."""

from __future__ import annotations

import re

from debugger.exchange import CommandError
from debugger.source import cnodes, kinds
from debugger.source.locations import NowhereError
from debugger.source.placing import Sights, number
from debugger.source.program import Source
from gabagool.native.nodes import Node
from gabagool.types import I32

_WASM = re.compile(r"\bstack\s*\(|\bmem\d+(?:\.\w+)?\s*\[|\bdepth\s*\("
                   r"|\b(?:global|[iu](?:8|16|32|64)|f32|f64|v128)\s*\["
                   r"|^\s*@|^\s*\$[\w.]+\s*(?:$|\[)")
_TABLE = re.compile(r"\btable\s*\[")
_NAME = re.compile(r"(?<![\w$.])[A-Za-z_]")
_HEX = re.compile(r"\b0x[0-9a-fA-F]+")
_WRITTEN = ("old", "new")


def speaks_wasm(text: str) -> bool:
    """Whether an expression has words that only wasm has, such as `stack(0)` or `i32[8]`."""
    return _WASM.search(text) is not None


def names_table(text: str) -> bool:
    """Whether `table[…]` is in it: wasm's, unless the source has a variable of that name."""
    return _TABLE.search(text) is not None


def names_variables(text: str) -> bool:
    """Whether there is a name in it that may be a variable's of the source."""
    return _NAME.search(_HEX.sub("", text)) is not None


def source_node(text: str, source: Source, offset: int, sights: Sights, inlined: int = 0) -> Node:
    """A C-like expression as it is computed whenever the instruction at an offset is reached.

    CommandError says what is wrong, or can't be computed there.
    """
    def lookup(name: str) -> cnodes.Typed | None:
        if name in _WRITTEN or name.startswith("$"):
            node = sights.name(name)
            return cnodes.whole(kinds.INT if node.type == I32 else kinds.LONG_LONG, node)
        found = source.variable(name, offset, inlined, outwards=True)
        if found is None:
            known = source.enumerator(name, offset)
            return None if known is None else cnodes.whole(known[0], number(known[1]))
        try:
            return source.typed(found, offset, sights)
        except NowhereError as error:
            raise CommandError(f"{name} is {error} here") from None

    try:
        return cnodes.compiled(text, lookup, lambda word, name: source.named_type(
            word, name, offset))
    except CommandError:
        raise
    except Exception as error:      # damaged debug info
        source.faults.note("expression", error)
        raise CommandError(source.notice) from error
