"""Functions of the public API. Values and exceptions cross between Python and the runtime here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

from gabagool.api.exceptions import Tag, WasmException
from gabagool.api.objects import I31, ObjectRef, from_reference
from gabagool.api.store import Store
from gabagool.errors import Thrown
from gabagool.runtime.entities import FuncInst
from gabagool.runtime.host import encode
from gabagool.runtime.machine import Machine
from gabagool.runtime.slots import to_words
from gabagool.runtime.unwind import values as exn_values
from gabagool.runtime.values import ExnRef, HeapRef, from_bits
from gabagool.types import EXN, FUNC, I32, I64, FuncType, ValType, is_ref


def to_python(store: Store, t: ValType, bits: int) -> Any:
    """A value as Python sees it: ints signed, floats, a v128 as an unsigned int of 128 bits; of
    references None, Func, StructRef, ArrayRef, I31, WasmException, or the host's own object."""
    if not is_ref(t):
        return from_bits(t, bits)
    if bits == 0:
        return None
    if store.inner.types.space.is_func(t):
        return Func.of(store, store.inner.funcs[bits >> 2])
    if _is_exn(store, t):
        return exception_of(store, bits)
    return from_reference(store, bits, (to_python, to_slot))


def to_slot(store: Store, t: ValType, value: Any) -> int:
    """Slot bits of a Python value; TypeError or OverflowError if it does not fit."""
    return encode(t, _inner(store, t, value), store.inner)


class Func:
    """A function: `func(store, *args)` calls it. Raises Trap, WasmException, or Exit
    after `proc_exit`."""

    inst: FuncInst

    def __init__(self, store: Store, functype: FuncType, call: Callable[..., Any], *,
                 access_caller: bool = False, name: str = "host function") -> None:
        """Make a host function; with `access_caller` it gets a `Caller` first."""

        def host(caller: Any, *args: Any) -> Any:
            given = [_given(store, t, a) for t, a in zip(functype.params, args, strict=True)]
            try:
                returned = call(caller, *given) if access_caller else call(*given)
            except WasmException as exception:
                raise Thrown(exception.message, thrown_by(store, exception)) from None
            return _returned(store, functype.results, returned)

        self.inst = store.inner.new_host_func(functype, host, name)

    @classmethod
    def of(cls, store: Store, inst: FuncInst) -> Func:
        func = cls.__new__(cls)
        func.inst = inst
        return func

    def type(self, store: Store) -> FuncType:
        return self.inst.type

    def _bits(self, store: Store, args: tuple[Any, ...]) -> list[int]:
        types = self.inst.type.params
        if len(args) != len(types):
            raise TypeError(f"the function takes {len(types)} arguments, not {len(args)}")
        return [to_slot(store, t, a) for t, a in zip(types, args, strict=True)]

    def __call__(self, store: Store, *args: Any) -> Any:
        """None, the only result, or a list of results."""
        bits = call_guest(store, self.inst, self._bits(store, args))
        values = [to_python(store, t, b)
                  for t, b in zip(self.inst.type.results, bits, strict=True)]
        return values[0] if len(values) == 1 else values or None

    def start(self, store: Store, *args: Any) -> Machine:
        """A machine that stands before the function's first instruction, for `run(until)`."""
        machine = Machine(store.inner)
        machine.start(self.inst.addr, self._bits(store, args))
        return machine


def _given(store: Store, t: ValType, value: Any) -> Any:
    """An argument for a host function; references other than the host's own come as bits."""
    if t in (I32, I64):
        return from_bits(t, value)
    if isinstance(value, HeapRef):
        return to_python(store, t, value.bits)
    mine = is_ref(t) and isinstance(value, int) and store.inner.types.space.top(t) in (FUNC, EXN)
    return to_python(store, t, value) if mine else value


def _returned(store: Store, types: Sequence[ValType], value: Any) -> Any:
    """What a host function returned, as the runtime wants it; it checks how many there are."""
    if isinstance(value, tuple | list):
        return [_inner(store, t, v) for t, v in zip_longest(types, value)][:len(value)]
    return _inner(store, types[0], value) if types else value


def _inner(store: Store, t: ValType | None, value: Any) -> Any:
    """The runtime's own object for one of the API's."""
    if isinstance(value, Func):
        return value.inst
    if isinstance(value, WasmException) and t is not None and _is_exn(store, t):
        return ExnRef(thrown_by(store, value))
    if isinstance(value, I31) and t is not None and is_ref(t):
        return HeapRef(value.bits)
    if isinstance(value, ObjectRef):
        if not value.belongs_to(store):
            raise TypeError(f"{value!r} is of another store")
        return HeapRef(value.bits)
    return value


def _is_exn(store: Store, t: ValType) -> bool:
    return is_ref(t) and store.inner.types.space.top(t) == EXN


# -- exceptions ------------------------------------------------------------------------------

def exception_of(store: Store, ref: int) -> WasmException:
    """The exception that reference bits refer to."""
    tag = store.inner.tags[store.inner.exn(ref)[0]]
    values = [to_python(store, t, bits) for t, bits in
              zip(tag.type.params, exn_values(store.inner, ref), strict=True)]
    exception = WasmException(Tag.of(store, tag), *values)
    exception.bits = exn_values(store.inner, ref)
    return exception


def thrown_by(store: Store, exception: WasmException) -> int:
    """The reference bits of a new exception of the guest's with this tag and these values; that it
    is another one than was caught can't be told.

    TypeError if its values are not of its tag's types, or the tag is another store's.
    """
    tag = exception.tag.inst
    if tag.addr >= len(store.inner.tags) or store.inner.tags[tag.addr] is not tag:
        raise TypeError(f"{exception.tag!r} is of another store")
    types, values = tag.type.params, exception.values
    if len(types) != len(values):
        raise TypeError(f"an exception of {exception.tag!r} carries {len(types)} values, "
                        f"not {len(values)}")
    # a float does not keep every NaN's payload, bits do; references are as good as new
    known = exception.bits or (None,) * len(types)
    bits = [to_slot(store, t, v) if b is None or is_ref(t) else b
            for t, v, b in zip(types, values, known, strict=True)]
    return store.inner.new_exn(tag.addr, to_words(types, bits))


def call_guest(store: Store, inst: FuncInst, bits: Sequence[int]) -> tuple[int, ...]:
    """Call a function to its end: slot bits in and out. Raises Trap, WasmException or Exit."""
    try:
        return store.machine.call(inst, bits)
    except Thrown as thrown:
        exception = exception_of(store, thrown.ref)
        exception.locate(thrown)
        raise exception from None
