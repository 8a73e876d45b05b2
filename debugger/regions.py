"""Parts of a compiled program's memory, as far as its globals tell: data, stack, heap."""

from __future__ import annotations

from gabagool.runtime.store import Store

# What LLVM's linker calls the borders; a program exports those that it was told to.
_BORDERS = ("__global_base", "__data_end", "__stack_low", "__stack_high", "__heap_base",
            "__heap_end")


def regions(store: Store, size: int) -> tuple[tuple[str, int, int], ...]:
    """(name, start, end) of the parts of memory 0 that are known, by address."""
    at = _borders(store, size)
    data_end, heap = at.get("__data_end"), at.get("__heap_base")
    pointer = at.get("__stack_pointer")
    low, high = at.get("__stack_low"), at.get("__stack_high")
    if low is None and data_end is not None and high is None and heap is not None \
            and pointer is not None and data_end <= pointer <= heap:
        low, high = data_end, heap          # the stack between data and heap
    if low is None and high is None and pointer is not None and data_end is not None \
            and pointer <= at.get("__global_base", 0):
        low, high = 0, at["__global_base"]  # the stack first
    found = []
    if data_end is not None:
        found.append(("data", at.get("__global_base", 0), data_end))
    if low is not None and high is not None:
        found.append(("stack", low, high))
    if heap is not None:
        found.append(("heap", heap, at.get("__heap_end", size)))
    if pointer is not None:
        inside = next(((low, high) for name, low, high in found if name == "stack"), None)
        if inside is None or inside[0] <= pointer <= inside[1]:
            found.append(("stack in use", pointer, inside[1] if inside else pointer))
    return tuple(sorted((each for each in found if 0 <= each[1] <= each[2] <= size),
                        key=lambda each: each[1]))


def _borders(store: Store, size: int) -> dict[str, int]:
    """Addresses by name, of globals that are exported."""
    instance = store.instances[0]
    found = {}
    for name in (*_BORDERS, "__stack_pointer"):
        export = instance.export(name)
        if export is not None and export[0] == "global":
            found[name] = store.globals[export[1]].bits & 0xFFFFFFFF
    return {name: value for name, value in found.items() if value <= size}
