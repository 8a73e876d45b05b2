"""Objects in the debugger: previews, ways into them, what is opened, the heap as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from sessions import OBJECTS, PROGRAMS, opened, run

from debugger.commands.registry import Result
from debugger.exchange import CommandError, Layout
from debugger.session import Session
from debugger.views import Key, StateView, Value

LISTED = """
$n      i32                 7
$bytes  (ref null $bytes)   $bytes@0x40[12] "Hello, world"
$wide   (ref null $wide)    $wide@0x58[2] "☃☄"
$long   (ref null $numbers) $numbers@0x68[1234] {-7, -7, -7, -7, -7, -7, -7, -7, …}
$any    (ref null $any)     $any@0x2720[4] {i31 -3, $bytes@0x40[12], $any@0x2720[4], $pair@0x2700}
$all    (ref null $all)     $all@0x2748 {v i32x4 1 2 3 4, f func[0] make, e null, b 200}
$error  exnref              exn bad@0x27a0 (7, $pair@0x2780)
$small  i31ref              i31 7
$empty  structref           type 7@0x2778
"""
# Arrays whose types have no names, with what looks like text and what doesn't.
UNNAMED = """
(module
  (type (array i8)) (type (array i16)) (type (array (ref null 0)))
  (data $d "\\00\\01\\fe\\ff\\41\\42\\00\\00 caf\\c3\\a9 \\f0\\9f\\8e\\89")
  (func (export "run")
    (local (ref null 0) (ref null 1) (ref null 0) (ref null 0) (ref null 2) (ref null 0))
    (local.set 0 (array.new_data 0 $d (i32.const 0) (i32.const 4)))
    (local.set 1 (array.new_data 1 $d (i32.const 0) (i32.const 2)))
    (local.set 2 (array.new_data 0 $d (i32.const 4) (i32.const 4)))
    (local.set 3 (array.new_data 0 $d (i32.const 9) (i32.const 10)))
    (local.set 4 (array.new_fixed 2 1 (local.get 3)))
    (local.set 5 (array.new_default 0 (i32.const 0)))
    (nop)))
"""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Stands in `end`, with the frame of `run` selected, where everything has been made."""
    session = opened(tmp_path, OBJECTS, invoke="run", args=["7"])
    run(session, "break end", "c", "up")
    return session


def text(session: Session, *lines: str) -> str:
    return run(session, *lines).text


# -- as text ---------------------------------------------------------------------------------

def test_previews(session: Session) -> None:
    assert text(session, "info locals") == LISTED.strip()
    assert text(session, "info globals") == (
        "$first  (ref null $pair) $pair@0x2780 {x 40, 0.5, other $pair@0x2700}")
    assert text(session, "bt").splitlines()[0] == (
        " #0  end($pair@0x2780, exn bad@0x27a0) at 0xbb")


def test_arrays_without_names(tmp_path: Path) -> None:
    session = opened(tmp_path, UNNAMED, invoke="run")
    run(session, "run", "back")
    assert [line.split("  ", 1)[1].split(") ", 1)[1]
            for line in text(session, "info locals").splitlines()] == [
        "array i8@0x40[4] {0, 1, 254, 255}", "array i16@0x50[2] {256, 65534}",
        'array i8@0x60[4] "AB\\0…"', 'array i8@0x70[10] "café 🎉"',
        "array (ref null 0)@0x88[1] {array i8@0x70[10]}", "array i8@0x98[0]"]


def test_references_to_functions_are_named(tmp_path: Path) -> None:
    session = opened(tmp_path, invoke="walk", args=["2"])
    assert text(session, "print table[0][1]") == "ref func[3] fact"
    assert text(session, "info tables") == "table[0]  funcref [2] func[2] twice, func[3] fact"


def test_results(session: Session) -> None:
    end = text(session, "delete", "c").splitlines()[0]
    assert end.startswith("end of recording: finished, results 7, $pair@0x2780 {x 40, 0.5")
    state = session.state()
    assert [value.name for value in state.results] == ["0", "1", "2"]
    assert text(session, "print result[1].other.x") == "i32 1"
    run(session, "back")
    assert session.state().results == ()


def test_long_texts_come_in_lines(tmp_path: Path) -> None:
    session = opened(tmp_path, UNNAMED.replace("(i32.const 9) (i32.const 10)",
                                               "(i32.const 0) (i32.const 19)"), invoke="run")
    run(session, "run", "back")
    key = at(shown(session).locals, "$3").key
    lines = at(shown(session, key).locals, "$3").items
    assert [(line.name, line.text) for line in lines] == [
        ("[0…15]", "00 01 fe ff 41 42 00 00 20 63 61 66 c3 a9 20 f0"),
        ("[16…18]", "9f 8e 89")]
    assert at(shown(session, key, lines[1].key).locals, "$3", "[16…18]", "[18]").text == "137"


# -- ways ------------------------------------------------------------------------------------

@pytest.mark.parametrize(("way", "shown"), [
    ("$all.b", "i8 200"),
    ("$all.3", "i8 200"),
    ("$all.v", "v128 i32x4 1 2 3 4"),
    ("$all.f", "ref func[0] make"),
    ("$all.e", "externref null"),
    ("$long[1200]", "i64 5000 0x1388"),
    ("$long[$n * 100 + 500]", "i64 5000 0x1388"),
    ("$bytes[0]", "i8 72 'H'"),
    ("$any[0]", "ref i31 -3"),
    ("$any[2][2][2][1][4]", "i8 111 'o'"),
    ("$error.0", "i32 7"),
    ("$error.1.other.1", "f64 0.5"),
    ("first.other.x", "i32 1"),
    ("global[0].x", "i32 40"),
    ("table[0][1].x", "i32 40"),
    ("$kept[1].other.other.other.x", "i32 1"),
    ("@0x2780.x", "i32 40"),
    ("@10112.0", "i32 40"),
    ("$all.b + $bytes[0]", "i32 272"),
    ("-$first.x * 2 - $long[0]", "i32 -73"),
    ("($first.x+1)*2", "i32 82"),
    ("$n+1", "i32 8"),
    ("0x10 + 0x2", "i64 18"),
])
def test_ways(session: Session, way: str, shown: str) -> None:
    assert text(session, f"print {way}") == shown


@pytest.mark.parametrize(("line", "fault"), [
    ("print $all.nope", r"\$all has no field 'nope': there are v, f, e, b"),
    ("print $all.4", r"\$all has 4 elements, so there is no number 4"),
    ("print $bytes[12]", r"\$bytes has 12 elements, so there is no number 12"),
    ("print $bytes[-1]", "no number -1"),
    ("print $bytes.length", r"\$bytes has no field 'length'"),
    ("print $bytes[0", "']' is missing"),
    ("print $bytes[0)", "']' is missing"),
    ("print $all.e.x", r"\$all.e is null, so there is nothing in it"),
    ("print $small.x", r"\$small is i31ref i31 7, so there is nothing in it"),
    ("print $n.x", r"\$n is i32 7, so there is nothing in it"),
    ("print @0x41", "there is no object at 0x41 of the heap now"),
    ("print @0x48", "there is no object at 0x48 of the heap now"),
    ("print @99999999999999999999", "there is no object at"),
    ("print table[1][0]", r"there is no table\[1\]: there are 1"),
    ("print table[0][3]", r"\$kept has 3 elements"),
    ("print $any + 1", "there is no arithmetic on references"),
    ("print $any[0] + 1", "there is no arithmetic on references"),
    ("print $long[0]@0", "@ is for elements of an array"),
    ("print $n@3", "@ is for elements of an array"),
    ("print $long[1234]@3", "no number 1234"),
    ("ptype $nothing", "neither a value nor a type"),
    ("ptype", "ptype needs a value or a type"),
    ("whatis $n + 1", "is computed"),
    ("info heap 3", "info heap takes no arguments"),
])
def test_faults(session: Session, line: str, fault: str) -> None:
    with pytest.raises(CommandError, match=fault):
        run(session, line)


def test_print_of_an_object(session: Session) -> None:
    found = run(session, "print $first")
    assert found.text.splitlines() == [
        "ref $pair@0x2780 {x 40, 0.5, other $pair@0x2700}",
        "  x      i32              40",
        "  1      f64              0.5",
        "  other  (ref null $pair) $pair@0x2700 {x 1, 0.5, other $pair@0x2780}"]
    assert found.data["ref"] == {"kind": "struct", "type": "$pair", "offset": 0x2780,
                                 "length": 3, "text": ""}
    assert [item["name"] for item in found.data["items"]] == ["x", "1", "other"]  # type: ignore


def test_print_of_long_arrays(session: Session) -> None:
    lines = text(session, "print $long").splitlines()
    assert len(lines) == 22 and lines[-1] == "  … 1,214 more: print $long[20]@100"
    assert text(session, "print $long[1199]@3").splitlines() == [
        "[1199]  i64  -7", "[1200]  i64  5000 0x1388", "[1201]  i64  -7"]
    assert len(text(session, "print $long[1233]@100").splitlines()) == 1


def test_types(session: Session) -> None:
    assert text(session, "whatis $first") == "(ref null $pair)"
    assert text(session, "whatis $any[3]") == "anyref, now $pair"
    assert text(session, "whatis $error") == "exnref, now exn bad"
    assert text(session, "ptype $any[3]") == (
        "(type $pair (sub final $point (struct\n  (field $x (mut i32))\n  (field f64)\n"
        "  (field $other (mut (ref null $pair))))))")
    assert text(session, "ptype $bytes") == text(session, "ptype 2") == (
        "(type $bytes (array (mut i8)))")
    assert text(session, "ptype $point").startswith("(type $point (sub (struct")
    assert text(session, "ptype $error") == "(type (func (param i32 (ref null $point))))"
    assert text(session, "ptype $all.e") == "externref"
    assert text(session, "info types wide") == "type[3] (type $wide (array i16))"


# -- through time ----------------------------------------------------------------------------

def test_an_object_is_followed_by_its_place(session: Session) -> None:
    assert text(session, "print @0x2780.x") == "i32 40"
    assert text(session, "goto 70", "print @0x2780.x") == "i32 2"
    with pytest.raises(CommandError, match="no object at 0x2780 of the heap now"):
        run(session, "goto 5", "print @0x2780")


def at(values: tuple[Value, ...], *names: str) -> Value:
    """The value under these names."""
    for name in names[:-1]:
        values = next(value for value in values if value.name == name).items
    return next(value for value in values if value.name == names[-1])


def shown(session: Session, *keys: Key) -> StateView:
    return session.screen(Layout(opened=frozenset(keys))).state


def test_opened_values_have_items(session: Session) -> None:
    state = shown(session)
    assert at(state.locals, "$n").key == at(state.locals, "$small").key == ()
    any_ = at(state.locals, "$any").key
    assert not at(state.locals, "$any").items
    items = at(shown(session, any_).locals, "$any").items
    assert [item.name for item in items] == ["[0]", "[1]", "[2]", "[3]"]
    assert not any(item.items for item in items)
    # in a circle, each level is opened by itself
    again = at(shown(session, any_, items[2].key).locals, "$any", "[2]")
    assert [item.text for item in again.items] == [item.text for item in items]
    assert again.items[2].key == (*any_, 2, 2) and not again.items[2].items


def test_long_arrays_come_in_groups(session: Session) -> None:
    key = at(shown(session).locals, "$long").key
    names = [item.name for item in at(shown(session, key).locals, "$long").items]
    assert names[:2] == ["[0…99]", "[100…199]"] and names[-1] == "[1200…1233]"
    last = at(shown(session, key, (*key, names[-1])).locals, "$long", names[-1])
    assert [item.name for item in last.items][:2] == ["[1200]", "[1201]"]
    assert len(last.items) == 34 and last.items[0].text == "5000 0x1388"


def test_what_has_changed_stands_out(session: Session) -> None:
    run(session, "delete", "goto 60")
    first = "$first"
    while "struct.set $pair $x" not in session.line_here():
        session.step()
    key = at(shown(session).globals, first).key
    long = at(shown(session, key).locals, "$long").key
    session.step()
    state = shown(session, key)
    assert (at(state.globals, first, "x").text, at(state.globals, first, "x").before) == ("40", "2")
    assert at(state.globals, first, "other").before is None
    session.back()
    state = shown(session, key, long)
    assert (at(state.globals, first, "x").text, at(state.globals, first, "x").before) == ("2", "40")
    session.back(12)
    shown(session, long)
    while "array.set $numbers" not in session.line_here():
        session.step()
    shown(session, long)
    session.step()
    group = at(shown(session, long).locals, "$long", "[1200…1233]")
    assert group.before is not None
    assert at(shown(session, long).locals, "$long", "[0…99]").before is None


def test_a_closed_object_says_that_it_has_changed() -> None:
    """Also where the preview has no room for what has."""
    session = Session.open(PROGRAMS / "expression.wasm", invoke="sum", args=["10"])
    run(session, "break *0x28f", "c")
    operation = at(shown(session).locals, "$operation")
    assert operation.before is None
    session.step()
    value = at(shown(session).locals, "$operation")
    assert value.before == value.text == operation.text
    opened_ = at(shown(session, value.key).locals, "$operation")
    assert (at(opened_.items, "result").before, at(opened_.items, "result").text) == (
        "null", "i31 12")
    session.step()
    assert at(shown(session).locals, "$operation").before is None


# -- the heap --------------------------------------------------------------------------------

def test_info_heap(session: Session) -> None:
    found = run(session, "info heap")
    assert found.text.splitlines()[-8:] == [
        "      1  9,880  array $numbers", "      2     64  struct $pair",
        "      1     48  struct $all", "      1     40  array $any",
        "      1     32  exn type 8", "      1     24  array $bytes",
        "      1     16  array $wide", "      1      8  struct type 7"]
    heap = found.data["heap"]
    assert isinstance(heap, dict)
    assert (heap["used"], heap["collections"], heap["size"]) == (10112, 0, 1 << 20)
    assert text(session, "goto 0", "info heap") == "the program has made no objects"


@pytest.fixture(scope="module")
def garbage() -> Session:
    session = Session.open(PROGRAMS / "garbage.wasm", invoke="garbage", args=["100000"])
    run(session, "run")
    return session


def collected(session: Session, *lines: str) -> Result:
    return run(session, *lines, "info events")


def test_collections_are_events(garbage: Session) -> None:
    lines = collected(garbage).text.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["813,484", "collect"], ["1,615,360", "collect"], ["2,405,419", "collect"],
        ["2,580,311", "finished"]]
    assert "garbage collection 1: 24,264 of 1,048,576 bytes live on" in lines[0]
    # going back and forth notes nothing twice
    assert collected(garbage, "goto 10", "goto 2000000", "run").text.splitlines() == lines
    view = garbage.screen(Layout())
    kinds = [(event.step, event.kind) for event in view.timeline.events]
    assert kinds.count((813_484, "collect")) == 1


def test_the_heap_before_and_after_a_collection(garbage: Session) -> None:
    before = run(garbage, "goto 813484", "info heap").data["heap"]
    after = run(garbage, "step", "info heap").data["heap"]
    assert isinstance(before, dict) and isinstance(after, dict)
    assert (before["collections"], after["collections"]) == (0, 1)
    assert before["size"] - before["used"] < 64 + 32
    assert (after["live"], after["used"]) == (24_264, 24_264 + 32)
    types = {each["text"]: each["count"] for each in after["types"]}
    assert types["$queues"] == 1
