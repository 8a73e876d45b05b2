"""Function bodies: what is refused, with the suite's words, the function and the byte offset."""

from __future__ import annotations

import pytest

from gabagool.errors import MalformedError, ModuleError, ValidationError
from gabagool.runtime.compiled import Compiled
from tests.machines import wat
from tests.test_extremes import module, validate


def refusal(source: bytes) -> ModuleError:
    with pytest.raises(ModuleError) as caught:
        validate(source)
    return caught.value


@pytest.mark.parametrize(("code", "kind", "message"), [
    # a suboperation of more than 16 bits once aliased another prefix: 0xfc << 16 | 0x00fc00
    (b"\xfc\x80\x80\x04\x0b", MalformedError, "illegal opcode"),
    (b"\xfc\x80\xf8\x03\x0b", MalformedError, "illegal opcode"),
    (b"\xfc\x12\x0b", MalformedError, "illegal opcode"),
    (b"\xff\x0b", MalformedError, "illegal opcode"),
    (b"\x05\x0b", MalformedError, "END opcode expected"),
    (b"\x0b\x0b", MalformedError, "END opcode expected"),
    (b"\x02\x40\x0b", MalformedError, "unexpected end of section or function"),
    (b"\x41\x80\x80\x80\x80\x80\0\x1a\x0b", MalformedError, "integer representation too long"),
    (b"\x41\xff\xff\xff\xff\x0f\x1a\x0b", MalformedError, "integer too large"),
    (b"\x10\7\x0b", ValidationError, "unknown function 7"),
    (b"\x0c\1\x0b", ValidationError, "unknown label"),
    (b"\x20\0\x1a\x0b", ValidationError, "unknown local 0"),
    (b"\x23\0\x1a\x0b", ValidationError, "unknown global 0"),
    (b"\x41\0\x28\2\0\x1a\x0b", ValidationError, "unknown memory 0"),
    (b"\x41\0\x11\0\0\x0b", ValidationError, "unknown table 0"),
    (b"\x41\0\x0b", ValidationError, "type mismatch"),
    (b"\x6a\x0b", ValidationError, "type mismatch"),
    (b"\x1a\x0b", ValidationError, "type mismatch"),
])
def test_refused(code: bytes, kind: type[ModuleError], message: str) -> None:
    error = refusal(module(b"\0" + code))
    assert type(error) is kind
    assert error.message.startswith(message)
    assert error.where == "func[0]"
    assert error.offset is not None


@pytest.mark.parametrize(("text", "message"), [
    ("(memory.init 1 (i32.const 0) (i32.const 0) (i32.const 0))", "unknown data segment 1"),
    ("(table.init $x 1 (i32.const 0) (i32.const 0) (i32.const 0))", "unknown elem segment 1"),
    ("(call_indirect $x (i32.const 0))", "type mismatch"),
    ("(table.init $x 0 (i32.const 0) (i32.const 0) (i32.const 0))", "type mismatch"),
    ("(table.copy $x $t (i32.const 0) (i32.const 0) (i32.const 0))", "type mismatch"),
    ("(drop (ref.func $f))", "undeclared function reference"),
    ("(global.set $c (i32.const 0))", "immutable global"),
    ("(drop (select (ref.null func) (ref.null func) (i32.const 0)))", "type mismatch"),
    ("(drop (i32.load offset=4294967295 align=4 (i64.const 0)))", "type mismatch"),
])
def test_refused_text(text: str, message: str) -> None:
    source = wat(f"""(module (memory 1) (data "a") (table $t 1 funcref) (table $x 1 externref)
      (elem func) (global $c i32 (i32.const 0)) (func $f {text}))""")
    assert refusal(source).message.startswith(message)


@pytest.mark.parametrize(("body", "problem"), [
    ("(result i32)", "instruction requires [i32] but stack has []"),
    ("(result i32) i64.const 1", "instruction requires [i32] but stack has [i64]"),
    ("(result i32) i32.const 1 i32.const 2", "block requires [i32] but stack has [i32 i32]"),
    ("(block (i32.const 42))", "block requires [] but stack has [i32]"),
    ("i32.const 1 i64.const 2 i32.add", "instruction requires [i32 i32] but stack has [i32 i64]"),
    ("i64.const 1 i32.const 2 i32.add", "instruction requires [i32 i32] but stack has [i64 i32]"),
    ("f64.const 0 (block i32.add)", "instruction requires [i32 i32] but stack has []"),
    ("i64.const 1 i32.clz", "instruction requires [i32] but stack has [i64]"),
    ("drop", "instruction requires an operand but stack has []"),
    ("i32.const 1 ref.is_null", "instruction requires a reference but stack has [i32]"),
    ("(local i64) f32.const 1 local.set 0", "instruction requires [i64] but stack has [f32]"),
    ("i32.const 0 i32.const 1 i64.store",
     "instruction requires [i32 i64] but stack has [i32 i32]"),
    ("i64.const 0 i64.const 1 i64.store",
     "instruction requires [i32 i64] but stack has [i64 i64]"),
    ("i64.const 0 i32.load", "instruction requires [i32] but stack has [i64]"),
    ("(param v128 i32) local.get 1 local.get 0 call 0",
     "instruction requires [v128 i32] but stack has [i32 v128]"),
    ("unreachable i32.const 1 i64.add", "instruction requires [i64 i64] but stack has [i32]"),
])
def test_mismatches_say_what_is_required_and_what_there_is(body: str, problem: str) -> None:
    error = refusal(wat(f"(module (memory 1) (func {body}))"))
    assert error.message == f"type mismatch: {problem}"


def test_a_memory_index_of_zero_may_be_spelled_out() -> None:
    source = wat("(module (memory 1) (func (drop (i32.load (i32.const 0)))))")
    at = source.index(b"\x28\2\0")
    longer = bytearray(source)
    longer[at:at + 3] = b"\x28\x42\0\0"
    for size in (source.index(b"\x0a", 20) + 1, source.index(b"\x0a", 20) + 3):
        longer[size] += 1
    Compiled(bytes(longer)).validate_all()


def test_an_entry_that_stops_short_is_read_against_the_whole_source() -> None:
    """The size of an entry is checked after its contents were read (spec §5.5.13)."""
    source = bytearray(module(b"\0\x41\x80\x80\x80\x80\x80\x01\x1a\x0b"))
    source[source.index(b"\0\x41\x80") - 1] -= 3
    assert refusal(bytes(source)).message == "integer representation too long"


@pytest.mark.parametrize(("text", "message"), [
    ("(throw 4)", "unknown tag 4"),
    ("(throw $i (i64.const 0))", "type mismatch"),
    ("(throw_ref (ref.null func))", "type mismatch"),
    ("(try_table (catch $i 0))", "type mismatch"),
    ("(try_table (catch $i 9))", "unknown label"),
    ("(block (result i32 exnref) (try_table (catch_ref $none 0)) (unreachable)) (drop) (drop)",
     "type mismatch"),
    # labels count from outside of the block
    ("(try_table (catch $none 1))", "unknown label"),
    ("try rethrow 0 end", "invalid rethrow label"),
    ("try catch $i end", "type mismatch"),
    ("try (result i32) i32.const 1 catch $i drop end drop", "type mismatch"),
    ("try delegate 5", "unknown label"),
    # the caught exception lies there for `rethrow` alone
    ("try catch_all drop end", "type mismatch"),
])
def test_refused_exceptions(text: str, message: str) -> None:
    error = refusal(wat(f"(module (tag $i (param i32)) (tag $none) (func {text}))"))
    assert type(error) is ValidationError
    assert error.message.startswith(message)


@pytest.mark.parametrize("code", [
    b"\x07\0\x0b",                        # catch without try
    b"\x19\x0b", b"\x18\0\x0b",           # catch_all, delegate
    b"\x06\x40\x19\x19\x0b\x0b",          # catch_all twice
    b"\x06\x40\x19\x07\0\x0b\x0b",        # catch behind it
    b"\x06\x40\x19\x18\0\x0b",            # delegate behind it
    b"\x1f\x40\0\x19\x0b\x0b",            # in try_table
])
def test_clauses_out_of_place(code: bytes) -> None:
    source = wat("(module (tag) (func nop))")
    assert source[-2:] == b"\x01\x0b"
    at = len(source) - 7
    assert source[at:at + 2] == b"\x0a\x05"
    body = b"\0" + code
    source = source[:at] + b"\x0a" + bytes([len(body) + 2, 1, len(body)]) + body
    error = refusal(source)
    assert type(error) is MalformedError
    assert error.message.startswith("END opcode expected")


def test_an_unknown_clause() -> None:
    error = refusal(module(b"\0\x1f\x40\1\4\0\x0b\x0b"))
    assert type(error) is MalformedError and error.message.startswith("malformed catch clause")


def test_handlers() -> None:
    """The inner ones come first; clauses know where execution goes on and where values go."""
    compiled = Compiled(wat("""(module (tag $e (param i32 i64)) (func (param i32)
      (block $out (result i32 i64 exnref)
        (try_table (catch_ref $e $out)
          (block $in (try_table (catch_all $in) (call 0 (i32.const 1))))
          (call 0 (i32.const 2)))
        (return))
      (drop) (drop) (drop)))"""))
    lowered = compiled.lowered(0)
    inner, outer = lowered.handlers
    assert outer.start <= inner.start < inner.end < outer.end
    base = lowered.header + 16
    assert [(c.tag, c.values, c.ref) for h in (inner, outer) for c in h.clauses] == [
        (None, None, None), (0, base, base + 16)]
    calls = [at for at in lowered.words if lowered.clauses_at(at)]
    assert [len(list(lowered.clauses_at(at))) for at in (inner.start, inner.end, outer.end)] == [
        2, 1, 0]
    assert calls
