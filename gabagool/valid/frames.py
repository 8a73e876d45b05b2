"""Control frames of the validation algorithm (spec appendix), with what lowering adds."""

from __future__ import annotations

from gabagool.types import ValType

# Types on the operand stack that no module can name.
SENTINEL = 0      # bottom of a control frame
UNKNOWN = -1      # an operand in unreachable code
PAD = -2          # below a v128: it has two slots, so it has two places on the stack


class Draft:
    """A handler in the making, see `lowered.Handler`.

    `clauses` are (tag, where it goes on: a label or a code position, values, ref); `rest` is None
    for the next handler.
    """

    __slots__ = ("clauses", "end", "rest", "start")

    def __init__(self, start: int) -> None:
        self.start = self.end = start
        self.clauses: list[tuple[int | None, Control | int, int | None, int | None]] = []
        self.rest: int | None = None


# Parts of blocks that catch exceptions.
TRY_TABLE, TRY, CATCH, CATCH_ALL = range(1, 5)


class Control:
    """One open block. `slot` is the frame offset of its first operand.

    `fixups` are (word, field offset) of displacements that wait for the block's end; a loop's
    `target` is known from the start, another block's at its end. `dead` says that the block lies
    in unreachable code altogether; once `unreachable` is set, code from `dead_pos` (and word
    number `dead_words`) on is dropped at the block's end.

    `handler` is that of a block that catches, `part` the part of it that is being read, else 0.
    `delegates` leave their exceptions to whatever encloses this block.
    """

    def __init__(self, starts: tuple[ValType, ...], ends: tuple[ValType, ...], height: int,
                 slot: int, dead: bool) -> None:
        self.starts = starts
        self.ends = ends
        self.labels = ends
        self.height = height
        self.slot = slot
        self.dead = dead
        self.fixups: list[tuple[int, int]] = []

    # The rest has its default in the class: blocks are made by the ten thousand.
    is_loop = False
    is_if = False
    is_simple = False          # whether the loop of `body` may close it
    unreachable = False
    dead_pos = 0
    dead_words = 0
    initialised = 0            # how many locals had been initialised before
    target = -1
    part = 0
    handler: Draft | None = None
    delegates: tuple[Draft, ...] = ()
    else_fixup: tuple[int, int] | None = None
