"""Cases of the actions that move the cursor, and of those that find out who wrote what."""

from __future__ import annotations

from debugger.widgets.breaks import Breaks
from debugger.widgets.history import History
from tests.debugger.app.driving import END
from tests.debugger.app.every import Player, case

ACCOUNT = 0x101E0       # spoilt by the write at step 96,758
SPOILT = 96_758


async def at_call(it: Player) -> int:
    """Goes to the first call of open_accounts, and gives the step of its first instruction."""
    await it.type("break open_accounts")
    await it.type("continue")
    entered = it.step
    await it.type("disable")
    await it.type("reverse-stepi")
    return entered


async def select(it: Player, address: int) -> None:
    await it.press("at", *f"{address:#x}", "enter")
    it.main.open_pane("memory")


def function(it: Player) -> str:
    assert it.main.shown is not None
    return it.main.shown.calls.frames[0].name


@case("step")
@case("stepi")
async def _(it: Player) -> None:
    await it.type("goto 100")
    await it.do()
    assert it.step == 101


@case("back")
@case("backi")
async def _(it: Player) -> None:
    await it.type("goto 100")
    await it.do()
    assert it.step == 99


@case("over")
@case("nexti")
async def _(it: Player) -> None:
    entered = await at_call(it)
    await it.do()
    assert it.step > entered + 10 and function(it) == "__original_main"


@case("over_back")
@case("nexti_back")
async def _(it: Player) -> None:
    entered = await at_call(it)
    await it.type("nexti")
    assert it.step > entered
    await it.do()
    assert it.step == entered - 1


@case("out")
async def _(it: Player) -> None:
    entered = await at_call(it)
    await it.type("stepi")
    await it.do()
    assert it.step > entered and function(it) == "__original_main"


@case("out_back")
async def _(it: Player) -> None:
    entered = await at_call(it)
    await it.type("stepi 10")
    await it.do()
    assert it.step == entered - 1


@case("cont")
async def _(it: Player) -> None:
    await it.type("break audit")
    await it.do()
    assert function(it) == "audit" and it.message.startswith("breakpoint")


@case("cont_back")
async def _(it: Player) -> None:
    await it.type("run")
    await it.type("break audit")
    await it.do()
    assert function(it) == "audit" and it.step < END


@case("goto")
async def _(it: Player) -> None:
    await it.do("1,234")
    assert it.step == 1234


@case("start")
async def _(it: Player) -> None:
    await it.type("goto 500")
    await it.do()
    assert it.step == 0


@case("end", "climb")
async def _(it: Player) -> None:
    await it.type("run")
    await it.type("goto 3")
    await it.do()
    assert it.step == 347


@case("run", "climb")
async def _(it: Player) -> None:
    await it.do()
    assert it.step == 347 and "10946" in it.message


@case("undo")
async def _(it: Player) -> None:
    await it.type("goto 500")
    await it.type("goto 600")
    await it.do()
    assert it.step == 500


@case("redo")
async def _(it: Player) -> None:
    await it.type("goto 500")
    await it.type("undo")
    assert it.step == 0
    await it.do()
    assert it.step == 500


@case("last_write")
async def _(it: Player) -> None:
    await it.type("run")
    await select(it, ACCOUNT)
    await it.do()
    assert it.step == SPOILT


@case("watch")
async def _(it: Player) -> None:
    await select(it, ACCOUNT)
    await it.do()
    (point,) = it.pane(Breaks).view
    assert (point.kind, point.where, point.changed) == ("watchpoint", "0x101e0", True)


@case("until", "climb")
async def _(it: Player) -> None:
    await it.type("break *0x5b")
    await it.do()
    assert it.step > 0 and not it.main.message_bar.fault


@case("advance")
async def _(it: Player) -> None:
    await it.do("open_accounts")
    assert function(it) == "open_accounts"


@case("advance_back")
async def _(it: Player) -> None:
    await it.type("run")
    await it.do("audit")
    assert function(it) == "audit" and it.step < END


@case("last_read")
async def _(it: Player) -> None:
    await it.type("run")
    await select(it, ACCOUNT)
    await it.do()
    assert SPOILT < it.step < END and function(it) == "audit"


@case("rwatch")
async def _(it: Player) -> None:
    await it.do("0x101e0, 4")
    (point,) = it.pane(Breaks).view
    assert (point.kind, point.access) == ("watchpoint", "read")


@case("awatch")
async def _(it: Player) -> None:
    await it.do("0x101e0, 4")
    (point,) = it.pane(Breaks).view
    assert (point.kind, point.access) == ("watchpoint", "access")


@case("history_access")
async def _(it: Player) -> None:
    await it.type("run")
    await select(it, ACCOUNT)
    await it.do()
    view = it.pane(History).view
    assert view is not None and view.total > 3 and SPOILT in [row.step for row in view.rows]


@case("watch_writes")
async def _(it: Player) -> None:
    await it.do("0x101e0, 4")
    (point,) = it.pane(Breaks).view
    assert (point.kind, point.where, point.changed) == ("watchpoint", "0x101e0, 4", False)


@case("history")
async def _(it: Player) -> None:
    await it.type("run")
    await select(it, ACCOUNT)
    await it.do()
    view = it.pane(History).view
    assert view is not None and SPOILT in [row.step for row in view.rows]
    assert it.main.pane == "history"


@case("hits")
async def _(it: Player) -> None:
    await it.type("run")
    await it.type("break set_owner")
    number = it.pane(Breaks).view[0].number
    await it.do(f"{number}")
    view = it.pane(History).view
    assert view is not None and view.total > 3 and it.main.pane == "history"


@case("more_hits")
async def _(it: Player) -> None:
    await it.type("run")
    await it.type("break set_owner")
    await it.type(f"hits {it.pane(Breaks).view[0].number}")
    await it.do("3")
    view = it.pane(History).view
    assert view is not None and view.first == 2
