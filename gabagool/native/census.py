"""Counting the objects of a heap, native: a heap may have millions."""

from __future__ import annotations

from llvmlite import ir

from gabagool.native.heapbody import HeapBody
from gabagool.native.ir_types import INT64, PTR
from gabagool.native.layout import TYPE_NUMBER, Work


def build_census(module: ir.Module) -> None:
    """`census(work)`: count the objects of a well-formed heap up to offset A, dead ones too.

    B is the address of two words for each type, to which their number and their bytes are added.
    """
    f = HeapBody(module, "census")
    table = f.given(Work.B, PTR)

    def count(_at: ir.Value, header: ir.Value, size: ir.Value) -> None:
        place = f.b.shl(f.b.and_(header, INT64(TYPE_NUMBER)), INT64(4))
        f.put(table, place, f.b.add(f.load(table, place), INT64(1)))
        bytes_ = f.b.add(place, INT64(8))
        f.put(table, bytes_, f.b.add(f.load(table, bytes_), size))

    f.objects(f.given(Work.A), count)
    f.b.ret_void()
