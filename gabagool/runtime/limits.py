"""What guests may use at most."""

from __future__ import annotations

from gabagool.records import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What guests may use at most: memory in wasm pages, tables in elements, stack and heap in
    bytes.

    `memory64_pages` is for memories with 64-bit addresses; 32-bit ones end at 65536 pages anyway.
    """

    memory_pages: int = 65536
    memory64_pages: int = 1 << 18       # 16 GiB
    table_elements: int = 10_000_000
    stack_bytes: int = 16 << 20
    call_depth: int = 200_000
    heap_bytes: int = 1 << 30
