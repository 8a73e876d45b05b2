"""Cases of the actions on calls, events, breakpoints, marks, branches and memory."""

from __future__ import annotations

import json

from debugger.widgets.breaks import Breaks
from debugger.widgets.calltree import CallTree
from debugger.widgets.code import Code
from debugger.widgets.events import Events
from debugger.widgets.flame import Flame
from debugger.widgets.memory import Memory
from debugger.widgets.notes import Notes
from debugger.widgets.profile import Profile
from tests.debugger.app.driving import END
from tests.debugger.app.every import Player, case


async def recorded(it: Player, back_to: int = 0) -> None:
    await it.type("run")
    await it.type(f"goto {back_to}")


# -- calls ---------------------------------------------------------------------------------------

@case("call_tree")
async def _(it: Player) -> None:
    await recorded(it, 100_000)
    await it.do()
    rows = [row.call.name for row in it.pane(CallTree)._rows if row.call]
    assert it.main.pane == "tree" and "open_accounts" in rows


@case("calls")
async def _(it: Player) -> None:
    await recorded(it)
    await it.do("set_owner")
    names = {row.call.name for row in it.pane(CallTree)._rows if row.call}
    assert it.main.pane == "tree" and names == {"set_owner"}


@case("callers")
async def _(it: Player) -> None:
    await it.type("break audit")
    await it.type("continue")
    await it.do()
    assert "audit is called by" in it.log and "__original_main" in it.log


@case("profile")
async def _(it: Player) -> None:
    await recorded(it)
    await it.do()
    view = it.pane(Profile).view
    assert view is not None and sum(row.steps for row in view.functions) == END


@case("flame")
async def _(it: Player) -> None:
    await recorded(it)
    await it.do()
    view = it.pane(Flame).view
    assert view is not None and len(view.paths) > 5 and it.main.pane in ("flame", "profile")


@case("export_profile")
async def _(it: Player) -> None:
    await it.type("goto 5000")
    await it.do(f"{it.folder / 'profile.json'}")
    assert json.loads((it.folder / "profile.json").read_text())["profiles"]


# -- events --------------------------------------------------------------------------------------

@case("events")
async def _(it: Player) -> None:
    await recorded(it)
    await it.do()
    assert "output" in it.log and "day" in it.log


@case("next_event")
async def _(it: Player) -> None:
    await recorded(it)
    await it.do()
    assert it.step > 0 and it.step in [event.step for event in it.pane(Events).view]


@case("previous_event")
async def _(it: Player) -> None:
    await recorded(it, END)
    await it.do()
    assert it.step < END and it.step in [event.step for event in it.pane(Events).view]


@case("find_event")
async def _(it: Player) -> None:
    await recorded(it)
    await it.do("account 7")
    assert END - 5000 < it.step < END and "Reserve" in it.message


@case("find_event_back")
async def _(it: Player) -> None:
    await recorded(it, END)
    await it.do("account 7")
    assert END - 5000 < it.step < END and "Reserve" in it.message


@case("filter_events")
async def _(it: Player) -> None:
    await recorded(it)
    await it.do()
    assert {event.kind for event in it.pane(Events).view} == {"output"}
    assert it.main.looking.event_kinds == ("output",)
    it.main.looking.event_kinds = ()


# -- breakpoints ---------------------------------------------------------------------------------

@case("break", "climb")
async def _(it: Player) -> None:
    await it.do()
    (point,) = it.pane(Breaks).view
    assert point.offset == it.pane(Code).selected_line.offset


@case("tbreak")
async def _(it: Player) -> None:
    await it.do()
    (point,) = it.pane(Breaks).view
    assert point.temporary and point.kind == "breakpoint"


@case("rbreak")
async def _(it: Player) -> None:
    await it.do("^open_|^audit$")
    (point,) = it.pane(Breaks).view
    assert point.places == 2


@case("commands")
async def _(it: Player) -> None:
    await it.type("break audit")
    number = it.pane(Breaks).view[0].number
    await it.type(f"commands {number} print 1 + 1")
    await it.do()
    assert it.pane(Breaks).view[0].commands in ((), ("print 1 + 1",))


@case("catch")
async def _(it: Player) -> None:
    await it.do("fd_write")
    (point,) = it.pane(Breaks).view
    assert (point.kind, point.where, point.temporary) == ("catchpoint", "fd_write", False)


@case("tcatch")
async def _(it: Player) -> None:
    await it.do("trap")
    (point,) = it.pane(Breaks).view
    assert (point.kind, point.where, point.temporary) == ("catchpoint", "trap", True)


@case("dprintf", "climb")
async def _(it: Player) -> None:
    await it.do("here")
    (point,) = it.pane(Breaks).view
    assert (point.kind, point.message) == ("logpoint", '"here"')


@case("condition", "climb")
async def _(it: Player) -> None:
    await it.do("$0 > 5")
    (point,) = it.pane(Breaks).view
    assert point.condition == "$0 > 5"


@case("ignore")
async def _(it: Player) -> None:
    await it.type("break audit")
    await it.do(f"{it.pane(Breaks).view[0].number} 3")
    assert it.pane(Breaks).view[0].ignore == 3


@case("delete")
async def _(it: Player) -> None:
    await it.type("break audit")
    await it.do()
    assert it.pane(Breaks).view == ()


@case("enable", "climb")
async def _(it: Player) -> None:
    await it.press("b")
    await it.do()
    assert not it.pane(Breaks).view[0].enabled
    await it.do()
    assert it.pane(Breaks).view[0].enabled


@case("disable")
async def _(it: Player) -> None:
    await it.type("break audit")
    await it.do()
    assert not it.pane(Breaks).view[0].enabled


# -- marks and notes -----------------------------------------------------------------------------

@case("mark")
async def _(it: Player) -> None:
    await it.type("goto 44")
    await it.do("c")
    assert ("c", 44) in it.main.session.marks()


@case("goto_mark")
async def _(it: Player) -> None:
    await it.type("goto 77")
    await it.type("mark d")
    await it.type("start")
    await it.do("d")
    assert it.step == 77


@case("note")
async def _(it: Player) -> None:
    await it.type("goto 45")
    await it.do("look here")
    assert (45, "look here") in [(note.step, note.text) for note in it.pane(Notes).view]


@case("notes")
async def _(it: Player) -> None:
    await it.type("note what the list has")
    await it.do()
    assert "what the list has" in it.log.rpartition(":notes")[2]


@case("delete_note")
async def _(it: Player) -> None:
    await it.type("goto 46")
    await it.type("note soon gone")
    await it.do()
    assert 46 not in [note.step for note in it.pane(Notes).view]


# -- branches ------------------------------------------------------------------------------------

async def branched(it: Player) -> str:
    """A branch of its own, at step 10; its name."""
    await it.type("goto 10")
    await it.type("set $0 = 5")
    return it.main.shown.header.branch


@case("edit", "climb")
async def _(it: Player) -> None:
    await it.type("goto 10")
    it.main.open_pane("state")
    await it.press("ctrl+home")
    while it.main.query_one("#state").selected_place[0] != "locals":
        await it.press("down")
    await it.do("123")
    assert it.main.shown.header.branch != "main"
    assert any("123" in value.text for value in it.main.shown.state.locals), it.main.shown.state


@case("branch", "climb")
async def _(it: Player) -> None:
    name = await branched(it)
    await it.do()
    assert name in it.log.rpartition(":branch")[2]


@case("next_branch", "climb")
async def _(it: Player) -> None:
    await branched(it)
    await it.do()
    assert it.main.shown.header.branch == "main"


@case("delete_branch", "climb")
async def _(it: Player) -> None:
    name = await branched(it)
    await it.type("branch main")
    await it.do(name)
    assert name not in [branch.name for branch in it.main.shown.branches]


@case("compare", "climb")
async def _(it: Player) -> None:
    name = await branched(it)
    await it.do()
    assert f"{name} and main are the same up to step 10" in it.log


# -- memory --------------------------------------------------------------------------------------

@case("find")
async def _(it: Player) -> None:
    await it.do('"Reserve"')
    assert it.pane(Memory).view.data[it.pane(Memory).selected
                                     - it.pane(Memory).view.address:][:7] == b"Reserve"


@case("next_found")
async def _(it: Player) -> None:
    await it.press("slash", *'"Ma', '"', "enter")
    first = it.pane(Memory).selected
    await it.do()
    assert it.pane(Memory).selected > first and "2 of" in it.message


@case("find_first")
async def _(it: Player) -> None:
    await recorded(it)
    await it.do('"account 7"')
    assert 0 < it.step < END and "completed by the step before" in it.message


@case("find_next")
async def _(it: Player) -> None:
    await recorded(it, 1000)
    await it.do('"account 7"')
    assert 1000 < it.step < END


@case("diff")
async def _(it: Player) -> None:
    await it.type("goto 96759")
    await it.do("96758")
    assert "1 byte in 1 range" in it.log and "0x000101e0" in it.log


@case("heat")
async def _(it: Player) -> None:
    await it.type("goto 5000")
    await it.do()
    assert "in steps 0 to" in it.log and "writes" in it.log


@case("regions")
async def _(it: Player) -> None:
    await it.do()
    assert it.log.rpartition(":regions")[2].strip()


@case("show_heat")
async def _(it: Player) -> None:
    await recorded(it, 1000)
    it.main.open_pane("memory")
    before = it.text(Memory)
    await it.do()
    assert it.text(Memory) != before
    await it.press("h", "h")


@case("address")
async def _(it: Player) -> None:
    await it.do("0x101e0")
    assert it.pane(Memory).selected == 0x101E0


@case("next_memory", "memories")
async def _(it: Player) -> None:
    await it.do()
    assert it.main.shown.memory.index == 1
    it.main.looking.memory = 0


@case("memory_kind")
async def _(it: Player) -> None:
    before = it.text(Memory)
    await it.do()
    assert it.text(Memory) != before
    await it.press("X")
    assert it.text(Memory) == before


@case("memory_kind_back")
async def _(it: Player) -> None:
    before = it.text(Memory)
    await it.do()
    assert it.text(Memory) != before
    await it.press("x")
    assert it.text(Memory) == before
