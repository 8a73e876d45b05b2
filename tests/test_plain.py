"""Sequences in arrays look like sequences of objects."""

from __future__ import annotations

from array import array

import pytest

from gabagool.binary.constexpr import REF_FUNC
from gabagool.binary.sections import decode
from gabagool.syntax import ConstExpr, Func, Funcs, Refs
from tests.machines import Guest, wat


def test_functions() -> None:
    funcs = Funcs(array("I", [3, 1]), array("I", [10, 20]), array("I", [15, 29]))
    objects = (Func(3, 10, 15), Func(1, 20, 29))
    assert funcs == objects and tuple(funcs) == objects and hash(funcs) == hash(objects)
    assert funcs[-1] == objects[1] and list(funcs[::-1]) == list(objects[::-1])
    assert funcs != objects[:1] and funcs != (*objects[:1], objects[0]) and funcs != 3
    with pytest.raises(IndexError):
        funcs[2]


def test_lists_of_functions() -> None:
    order = " ".join(map(str, range(299, -1, -1)))
    bodies = " ".join(f"(func (result i32) (i32.const {i}))" for i in range(300))
    source = wat(f"""(module (table 300 funcref) (elem (i32.const 0) {order})
      {bodies} (func (export "run") (param i32) (result i32)
        (call_indirect (result i32) (local.get 0))))""")
    module = decode(source)
    elem, = module.elems
    assert isinstance(elem.init, Refs) and len(elem.init) == 300 and len(module.funcs) == 301
    assert elem.init[44] == ConstExpr(((REF_FUNC, 255),), elem.init.offsets[44])
    assert source[elem.init.offsets[44]:][:2] == b"\xff\x01"
    guest = Guest(source)
    assert [guest.call("run", i)[0] for i in (0, 44, 299)] == [299, 255, 0]
