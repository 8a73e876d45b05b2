"""The garbage collector's native part: marking, sweeping, and finding room (DESIGN 4, GC heap).

Mark and sweep without moving. What is reachable is marked from a stack of its own, so a list of a
million nodes is no deeper than one of two. Everything depends on the bytes of the heap and the
roots alone: the same program has the same heap at the same step, however it was brought there.

The functions get the address of a `layout.Work` block, except `allocate`.
"""

from __future__ import annotations

from llvmlite import ir

from gabagool.native import checking, marking, room, sweeping, walking


def build() -> ir.Module:
    """The collector's module."""
    module = ir.Module("gabagool.collector")
    room.build_allocate(module)
    room.build_extend(module)
    marking.build_drain(module)
    marking.build_mark_span(module)
    marking.build_mark_at(module)
    marking.build_mark_frames(module)
    sweeping.build_sweep(module)
    checking.build_fits(module)
    checking.build_check(module)
    walking.build_is_object(module)
    walking.build_census(module)
    walking.build_renumber(module)
    return module
