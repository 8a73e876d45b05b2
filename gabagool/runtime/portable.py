"""Snapshots that leave the process, and hostile ones that come in.

In memory a frame header holds a position in lowered code; in a file it holds the byte offset of
the calling instruction in the module, so that a file outlives an engine version. `imported` takes
nothing on trust: every size, index, position, height and reference is checked against the store's
modules before native code sees it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from gabagool.errors import ModuleError, SnapshotError
from gabagool.isa import FORMS
from gabagool.isa.control import CALLS
from gabagool.native.layout import Ctx, Header
from gabagool.rectypes import closed
from gabagool.runtime import renumber
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.heap import PAGE_OF_HEAP
from gabagool.runtime.pages import Pages
from gabagool.runtime.references import References, require
from gabagool.runtime.state import Snapshot
from gabagool.types import (
    EXNREF,
    PAGE,
    ValType,
    is_ref,
    slots_of,
    slots_of_all,
)
from gabagool.valid.lowered import SLOT

if TYPE_CHECKING:
    from gabagool.runtime.inspect import Inspection

_U32 = struct.Struct("<I")


def exported(machine: Inspection, snapshot: Snapshot) -> Snapshot:
    """A snapshot that `machine` has captured, with offsets in place of code positions."""
    stack = bytearray(snapshot.regions["stack"].to_bytes())
    for func, header in _headers(machine, snapshot, stack):
        assert func.lowered is not None
        position = _U32.unpack_from(stack, header + Header.RETURN)[0]
        _U32.pack_into(stack, header + Header.RETURN, func.lowered.offset_at(position - 1))
    heap = renumber.leaving(machine.store, snapshot.regions["heap"])
    return _with_regions(snapshot, stack=Pages.from_bytes(stack), heap=heap)


def _with_regions(snapshot: Snapshot, **regions: Pages) -> Snapshot:
    return replace(snapshot, regions={**snapshot.regions, **regions})


def _headers(machine: Inspection, snapshot: Snapshot,
             stack: bytearray) -> Iterator[tuple[FuncInst, int]]:
    """(calling function, offset of the header that says so) of every frame that was called."""
    func, fp = machine.store.funcs[snapshot.control.func], snapshot.control.fp
    while func.lowered is not None:
        header = fp + func.lowered.header
        func = machine.store.funcs[_U32.unpack_from(stack, header + Header.CALLER)[0]]
        fp -= _U32.unpack_from(stack, header + Header.DELTA)[0]
        if func.addr:
            yield func, header


def imported(machine: Inspection, snapshot: Snapshot) -> tuple[Snapshot, FuncInst | None]:
    """A checked snapshot with code positions, and the function the run was started with.

    Raises SnapshotError that says what is wrong; nothing of the machine has changed then.
    """
    # snapshots from before there were objects have no heap
    missing = {name: Pages(0, ()) for name in ("heap", "pins") if name not in snapshot.regions}
    snapshot = replace(snapshot, regions={**snapshot.regions, **missing})
    _check_regions(machine, snapshot)
    _check_dropped(machine, snapshot)
    heap = renumber.arriving(machine.store, snapshot.regions["heap"])
    refs = References(machine.store, _with_regions(snapshot, heap=heap))
    refs.check_segments(snapshot)
    _check_outcome(snapshot, refs)
    _check_tables_and_globals(machine, snapshot, refs)
    stack = bytearray(snapshot.regions["stack"].to_bytes())
    try:
        entry = _Frames(machine, snapshot, stack, refs).check()
    except ModuleError as error:
        raise SnapshotError(f"the snapshot stands in a function that is invalid: {error}"
                            ) from error
    return _with_regions(snapshot, stack=Pages.from_bytes(stack), heap=heap), entry


def _check_regions(machine: Inspection, snapshot: Snapshot) -> None:
    store, regions = machine.store, snapshot.regions
    expected = {"stack", "globals", "heap", "pins",
                *(f"memory {i}" for i in range(len(store.memories))),
                *(f"table {i}" for i in range(len(store.tables)))}
    require(regions.keys() == expected,
             f"it has the regions {', '.join(sorted(regions))}")
    require(regions["globals"].size == store.globals_region.size, "globals of another size")
    require(regions["stack"].size == snapshot.control.stack_size <= machine.stack.capacity,
             f"a stack of {regions['stack'].size} bytes")
    heap, pins = regions["heap"].size, regions["pins"].size
    require(heap % PAGE_OF_HEAP == 0 and heap <= store.heap.region.capacity,
            f"a heap of {heap} bytes")
    require(pins % 8 == 0 and pins <= store.heap.pins.capacity, f"pins of {pins} bytes")
    for i, memory in enumerate(store.memories):
        size = regions[f"memory {i}"].size
        require(size % PAGE == 0
                 and memory.declared.limits.min <= size // PAGE <= memory.max_pages,
                 f"memory {i} of {size} bytes")
    for i, table in enumerate(store.tables):
        size = regions[f"table {i}"].size
        require(size % 8 == 0 and table.declared.limits.min <= size // 8 <= table.max_size,
                 f"table {i} of {size} bytes")


def _check_dropped(machine: Inspection, snapshot: Snapshot) -> None:
    instances = machine.store.instances
    for kind, index, _, end in snapshot.control.dropped:
        require(index < len(instances), f"instance {index}")
        module = instances[index].compiled.module
        segments = module.datas if kind == "data" else module.elems
        require(end <= len(segments), f"{kind} segment {end - 1}")


def _check_outcome(snapshot: Snapshot, refs: References) -> None:
    match snapshot.control.outcome:
        case ("exception", int(ref)):
            require(ref != 0, "it ended with an exception that is not there")
            refs.check(EXNREF, ref, "the outcome")


def _check_tables_and_globals(machine: Inspection, snapshot: Snapshot, refs: References) -> None:
    for i, table in enumerate(machine.store.tables):
        data = snapshot.regions[f"table {i}"].to_bytes()
        refs.check_all(table.declared.element, memoryview(data).cast("Q"), f"table {i}")
    data = snapshot.regions["globals"].to_bytes()
    for i, glob in enumerate(machine.store.globals):
        if is_ref(glob.type.valtype):
            bits = int.from_bytes(data[glob.offset:glob.offset + 8], "little")
            refs.check(glob.type.valtype, bits, f"global {i}")


class _Frames:
    """Walks a snapshot's frames from the innermost, checking and translating `stack`."""

    def __init__(self, machine: Inspection, snapshot: Snapshot, stack: bytearray,
                 refs: References) -> None:
        self._refs = refs
        self._machine = machine
        self._control = snapshot.control
        self._stack = stack

    def check(self) -> FuncInst | None:
        control = self._control
        if control.func == 0:
            require(control.outcome[:1] == ("finished",), "it stands nowhere and has not ended")
            require(control.fp == 0 and control.depth == 0, "frames left after the end")
            return None
        require(0 < control.depth <= self._machine.ctx.get32(Ctx.MAX_DEPTH),
                f"a call depth of {control.depth}")
        func, fp, top = self._function(control.func), control.fp, True
        at = self._instruction(func, control.offset)
        for depth in range(control.depth, 0, -1):
            taken = 0 if top else self._call_operands(func, control_at=at)
            self._check_values(func, at, fp, taken, top)
            top = False
            caller, at, delta = self._step_out(func, fp, depth)
            if caller is None:
                require(fp == 0, f"the first frame lies at {fp}")
                return func
            func, fp = caller, fp - delta
        raise AssertionError("unreachable: the last frame has no caller")

    def _function(self, addr: int) -> FuncInst:
        funcs = self._machine.store.funcs
        require(0 < addr < len(funcs) and funcs[addr].instance is not None,
                 f"function {addr} is not a wasm function")
        func = funcs[addr]
        self._machine.store.thread_alone(func)
        return func

    def _instruction(self, func: FuncInst, offset: int) -> int:
        """The code position of an instruction that can execute next."""
        assert func.lowered is not None
        at = func.lowered.position_at(offset)
        require(at is not None and FORMS[func.lowered.form_number(at)].steps > 0,
                 f"no instruction executes at offset 0x{offset:x}")
        assert at is not None
        return at

    def _u32(self, at: int) -> int:
        return int(_U32.unpack_from(self._stack, at)[0])

    def _step_out(self, func: FuncInst, fp: int,
                  depth: int) -> tuple[FuncInst | None, int, int]:
        """The caller, the code position of its call, and its distance; rewrites the header."""
        assert func.lowered is not None
        header = fp + func.lowered.header
        require(self._u32(header + Header.SPARE) == 0, "a damaged frame header")
        addr, delta = self._u32(header + Header.CALLER), self._u32(header + Header.DELTA)
        require((addr == 0) == (depth == 1), "frames and call depth differ")
        if addr == 0:
            require(self._u32(header + Header.RETURN) == 0 and delta == 0,
                     "a damaged outermost frame")
            return None, 0, 0
        caller = self._function(addr)
        assert caller.lowered is not None
        at = self._instruction(caller, self._u32(header + Header.RETURN))
        form = self._machine.form_at(caller, at)
        require(form.name in CALLS, "a frame returns to what is not a call")
        fields = self._machine.fields_at(caller, at)
        require(delta == fields[0] <= fp, "a frame is not where its call put it")
        self._check_callee(caller, form.name, fields[1], func)
        _U32.pack_into(self._stack, header + Header.RETURN, at + form.size)
        return caller, at, delta

    def _check_callee(self, caller: FuncInst, form: str, index: int, callee: FuncInst) -> None:
        """That a call may have led to a frame of `callee`, tail calls included.

        A tail call's callee has the results of the function it replaces; its parameters are its
        own, and lie in its own frame.
        """
        assert caller.instance is not None
        types = self._machine.store.types
        if form == "call":
            called = self._function(caller.instance.funcs[index])
            assert called.lowered is not None
            require(callee is called or (called.lowered.may_be_replaced
                                          and types.space.all_match(callee.type.results,
                                                                    called.type.results)),
                     "a frame of a function that its caller does not call")
        else:
            wanted = types.functype(caller.instance.types[index])
            require(types.space.all_match(callee.type.results, wanted.results),
                     "a frame of a function of another type than its call's")

    def _call_operands(self, func: FuncInst, control_at: int) -> int:
        assert func.lowered is not None and func.instance is not None
        offset = func.lowered.offset_at(control_at)
        typeidxs = func.instance.compiled.module.func_typeidxs
        return self._machine.call_operands(func, offset, typeidxs)

    def _check_values(self, func: FuncInst, at: int, fp: int, taken: int, top: bool) -> None:
        """References in locals and operands; for the innermost frame also the height."""
        assert func.lowered is not None
        lowered = func.lowered
        types = list(self._machine.operand_types(func, lowered.offset_at(at)))
        height = slots_of_all(types) - taken
        start = fp + lowered.header + Header.SIZE
        require(fp % SLOT == 0 and start + height * SLOT <= len(self._stack),
                 "a frame reaches over the end of the stack")
        if top:
            require(height == self._control.height
                     and start + height * SLOT == len(self._stack), "an operand stack of "
                     f"{self._control.height} slots where {height} belong")
        assert func.instance is not None
        ids = func.instance.types
        self._check_refs([closed(t, ids) for t in lowered.locals], fp, len(lowered.locals))
        self._check_refs([closed(t, ids) for t in types], start, height)

    def _check_refs(self, types: Iterable[ValType], at: int, slots: int) -> None:
        for t in types:
            slots -= slots_of(t)
            if slots < 0:
                return
            if is_ref(t):
                bits = int.from_bytes(self._stack[at:at + SLOT], "little")
                self._refs.check(t, bits, "a frame")
            at += slots_of(t) * SLOT
