"""Cases of the actions that look at things, and of those of the screen itself."""

from __future__ import annotations

from pathlib import Path

from debugger.widgets.code import Code
from debugger.widgets.timeline import Timeline
from tests.debugger.app.every import Player, case
from tests.debugger.app.every_moving import at_call


async def in_a_call(it: Player) -> None:
    await at_call(it)
    await it.type("stepi 3")


@case("backtrace")
async def _(it: Player) -> None:
    await in_a_call(it)
    await it.do()
    said = it.log.rpartition(":backtrace")[2]
    assert "#0  open_accounts" in said and "#2  _start" in said


@case("frame")
async def _(it: Player) -> None:
    await in_a_call(it)
    await it.type("frame 1")
    await it.do()
    assert "#1  __original_main" in it.log.rpartition(":frame")[2]


@case("up")
async def _(it: Player) -> None:
    await in_a_call(it)
    await it.do()
    assert it.pane(Code).view.name == "__original_main"


@case("down")
async def _(it: Player) -> None:
    await in_a_call(it)
    await it.type("up")
    await it.do()
    assert it.pane(Code).view.name == "open_accounts"


@case("info")
async def _(it: Player) -> None:
    await it.do("memory")
    assert "memory 0  " in it.log


@case("disassemble")
async def _(it: Player) -> None:
    await it.do()
    assert "_start" in it.log.rpartition(":disassemble")[2]


@case("when")
async def _(it: Player) -> None:
    await it.type("goto 31")
    await it.do()
    assert it.message.startswith("step 31 of ")


@case("last")
async def _(it: Player) -> None:
    await it.type("break audit")
    await it.type("continue")
    await it.type("output")
    await it.do()
    assert "breakpoint" in it.message and "audit" in it.pane(Code).view.name


@case("output")
async def _(it: Player) -> None:
    await it.type("goto 1000000")
    await it.do()
    assert "day" in it.log.rpartition(":output")[2]


@case("list", "orders")
async def _(it: Player) -> None:
    await it.do()
    assert "orders.c" in it.log.rpartition(":list")[2]


@case("directory", "orders")
async def _(it: Player) -> None:
    await it.type(f"directory {it.folder}")
    assert str(it.folder) in it.main.session.source_dirs()
    await it.do()
    assert it.main.session.source_dirs() == []


@case("unit", "orders")
async def _(it: Player) -> None:
    assert it.main.session.unit == "instruction"
    await it.do()
    assert it.main.session.unit == "line"


@case("display", "orders")
async def _(it: Player) -> None:
    tiling = it.main.tiling
    tiling.show_code(source=True, both=True)
    await it.do()
    assert tiling.is_open("source") and not tiling.is_open("code")
    await it.do()
    assert tiling.is_open("code") and not tiling.is_open("source")


@case("lanes", "vectors")
async def _(it: Player) -> None:
    before = it.main.session.vectors
    await it.do()
    assert it.main.session.vectors != before
    await it.press("L")
    assert it.main.session.vectors == before


@case("lanes_back", "vectors")
async def _(it: Player) -> None:
    before = it.main.session.vectors
    await it.do()
    assert it.main.session.vectors != before
    await it.press("l")
    assert it.main.session.vectors == before


@case("print", "climb")
async def _(it: Player) -> None:
    await it.type("goto 20")
    await it.do("$0 + 1")
    assert it.message == f"i32 {it.main.shown.state.locals[0].bits + 1}"


@case("examine")
async def _(it: Player) -> None:
    await it.type("x/2xw 0x101e0")
    await it.do()
    assert "0x000101e8:" in it.log.rpartition(":x\n")[2]


@case("whatis", "objects")
async def _(it: Player) -> None:
    await it.type("run")
    await it.type("reverse-step 3")
    await it.do("$bytes")
    assert it.message.startswith("(ref null $bytes)")


@case("ptype", "objects")
async def _(it: Player) -> None:
    await it.do("$numbers")
    assert "array (mut i64)" in it.log + it.message


@case("save")
async def _(it: Player) -> None:
    file: Path = it.folder / "kept.gaba"
    await it.do(f"{file}")
    assert file.stat().st_size > 1000 and str(file) in it.message


@case("input")
async def _(it: Player) -> None:
    await it.do("hello")
    assert it.message.startswith("6 bytes typed")


@case("input_end")
async def _(it: Player) -> None:
    await it.do()
    assert it.message.startswith("the input ends here")


@case("keys")
async def _(it: Player) -> None:
    await it.type(f"keys {it.folder / 'written.toml'}")
    assert "[keys]" in (it.folder / "written.toml").read_text()
    await it.do()
    assert "keys" in it.message


@case("help")
async def _(it: Player) -> None:
    await it.do()
    assert it.screen_is_help


@case("quit")
async def _(it: Player) -> None:
    asked: list[bool] = []
    it.app.exit = lambda *_args, **_more: asked.append(True)  # type: ignore[method-assign]
    await it.do()
    assert asked
    it.performed.append("quit")         # Ctrl+Q is the app's own


# -- the screen ----------------------------------------------------------------------------------

@case("command")
async def _(it: Player) -> None:
    await it.do("goto 12")
    assert it.step == 12


@case("palette")
async def _(it: Player) -> None:
    await it.pilot.press("ctrl+p")
    await it.pilot.pause()
    assert type(it.app.screen).__name__ == "CommandPalette"
    it.performed.append("palette")      # Ctrl+P is the app's own


@case("pause", "corruption")
async def _(it: Player) -> None:
    await it.press("z")
    assert it.main.tiling.maximised
    await it.do()
    assert not it.main.tiling.maximised


@case("next_pane")
async def _(it: Player) -> None:
    await it.do()
    assert it.main.pane == "state"


@case("previous_pane")
async def _(it: Player) -> None:
    await it.do()
    assert it.main.pane == "timeline"


@case("next_tab")
async def _(it: Player) -> None:
    it.main.open_pane("calls")
    await it.do()
    assert it.main.pane == "breaks"


@case("previous_tab")
async def _(it: Player) -> None:
    it.main.open_pane("breaks")
    await it.do()
    assert it.main.pane == "calls"


@case("maximise")
async def _(it: Player) -> None:
    await it.do()
    assert it.main.tiling.maximised == "code"


async def zoomed_in(it: Player) -> int:
    """The steps in view, of a timeline that has been zoomed into."""
    await it.type("goto 5000")
    await it.press("plus", "plus")
    view = it.pane(Timeline).view
    return view.last - view.first


@case("zoom_in")
async def _(it: Player) -> None:
    before = await zoomed_in(it)
    await it.do()
    view = it.pane(Timeline).view
    assert view.last - view.first < 0.6 * before


@case("zoom_out")
async def _(it: Player) -> None:
    before = await zoomed_in(it)
    await it.do()
    view = it.pane(Timeline).view
    assert view.last - view.first > 1.8 * before


@case("follow")
async def _(it: Player) -> None:
    shown = it.pane(Code).view.name
    it.main.show_function(0, 14)
    await it.rest()
    assert it.pane(Code).view.name == "set_owner" != shown
    await it.do()
    assert it.pane(Code).view.name == shown


@case("theme")
async def _(it: Player) -> None:
    before = it.app.theme
    await it.do()
    assert it.app.theme != before
    it.app.theme = before
