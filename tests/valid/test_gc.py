"""Types and aggregate instructions: what is refused, with the suite's words."""

from __future__ import annotations

import pytest

from gabagool.errors import MalformedError, ModuleError, ValidationError
from gabagool.runtime.compiled import Compiled
from tests.machines import wat
from tests.test_extremes import leb, validate

_TYPES = """
  (type $p (sub (struct (field $x (mut i32)) (field $b i8) (field $v v128) (field $r (ref eq)))))
  (type $q (sub final $p (struct (field (mut i32)) (field i8) (field v128) (field (ref i31)))))
  (type $a (array (mut i32))) (type $bytes (array (mut i8))) (type $const (array i32))
  (type $refs (array (mut anyref))) (type $eqs (array (mut eqref))) (type $f (func))
  (data "abc") (elem eqref) (elem funcref)
"""


def refusal(source: bytes) -> ModuleError:
    with pytest.raises(ModuleError) as caught:
        validate(source)
    return caught.value


@pytest.mark.parametrize(("text", "message"), [
    ("(struct.new $p (i32.const 0))", "type mismatch"),
    ("(struct.new_default $p)", "type mismatch: (ref eq) in type 0 has no default value"),
    ("(struct.new $a)", "type mismatch: type 2 is not a structure type"),
    ("(struct.new 99)", "unknown type 99"),
    ("(struct.get $p 4 (local.get 0))", "unknown field 4"),
    ("(struct.get $p $b (local.get 0))", "field is packed"),
    ("(struct.get_s $p $x (local.get 0))", "field is unpacked"),
    ("(struct.set $p $b (local.get 0) (i32.const 0))", "immutable field"),
    ("(struct.set $p $x (local.get 0) (i64.const 0))", "type mismatch"),
    ("(struct.get $q 0 (local.get 0))", "type mismatch"),
    ("(array.new $p (i32.const 0) (i32.const 1))", "type mismatch: type 0 is not an array type"),
    ("(array.new_fixed $a 2 (i32.const 1))", "type mismatch"),
    ("(array.get $bytes (local.get 2) (i32.const 0))", "array is packed"),
    ("(array.get_u $a (local.get 1) (i32.const 0))", "array is unpacked"),
    ("(array.set $const (ref.null none) (i32.const 0) (i32.const 0))", "immutable array"),
    ("(array.fill $const (ref.null none) (i32.const 0) (i32.const 0) (i32.const 0))",
     "immutable array"),
    ("(array.copy $a $bytes (local.get 1) (i32.const 0) (local.get 2) (i32.const 0) (i32.const 0))",
     "array types do not match"),
    ("(array.new_data $refs 0 (i32.const 0) (i32.const 0))",
     "array type is not numeric or vector"),
    ("(array.new_data $a 1 (i32.const 0) (i32.const 0))", "unknown data segment 1"),
    ("(array.new_elem $refs 1 (i32.const 0) (i32.const 0))", "type mismatch"),
    ("(array.new_elem $refs 2 (i32.const 0) (i32.const 0))", "unknown elem segment 2"),
    ("(array.init_elem $eqs 1 (ref.null none) (i32.const 0) (i32.const 0) (i32.const 0))",
     "type mismatch"),
    ("(array.len (local.get 0))", "type mismatch"),
    ("(ref.eq (ref.null any) (ref.null eq))", "type mismatch"),
    ("(ref.test (ref func) (local.get 0))", "type mismatch"),
    ("(ref.cast (ref $f) (local.get 0))", "type mismatch"),
    ("(i31.get_s (ref.null eq))", "type mismatch"),
    ("(extern.convert_any (ref.null extern))", "type mismatch"),
    ("(block $l (br_on_cast $l anyref (ref i31) (ref.null any)))", "type mismatch"),
    ("(block $l (result i31ref) (br_on_cast $l (ref i31) anyref (ref.i31 (i32.const 0))))",
     "type mismatch"),
    ("(block $l (result i31ref) (br_on_cast_fail $l anyref (ref i31) (ref.null any)))",
     "type mismatch"),
    ("(call_ref $p (local.get 0))", "type mismatch: type 0 is not a function type"),
    ("(block (type $p) (unreachable))", "type mismatch: type 0 is not a function type"),
])
def test_refused(text: str, message: str) -> None:
    source = wat(f"""(module {_TYPES}
      (func (param (ref $p) (ref $a) (ref $bytes)) {text} (unreachable)))""")
    assert refusal(source).message.startswith(message)


@pytest.mark.parametrize(("text", "message"), [
    ("(type (sub 1 (func))) (type (sub (func)))", "unknown type 1"),
    ("(type $a (func)) (type (sub $a (func)))", "sub type 1 has a final super type 0"),
    ("(type $a (sub (func))) (type (sub $a (func (param i32))))",
     "sub type 1 does not match super type 0"),
    ("(type $a (sub (struct (field i32)))) (type (sub $a (struct (field i64))))",
     "sub type 1 does not match super type 0"),
    ("(type (struct (field (ref 1)))) (type (struct))", "unknown type 1"),
    ("(type $s (struct)) (func (type $s))", "type mismatch: type 0 is not a function type"),
    ('(type $s (struct)) (import "m" "f" (func (type $s)))',
     "type mismatch: type 0 is not a function type"),
    ("(type $s (struct (field i32))) (global (ref $s) (struct.new $s (i64.const 0)))",
     "type mismatch"),
    ("(type $s (struct (field i32))) (global i32 (struct.get $s 0 (struct.new_default $s)))",
     "constant expression required: found struct.get"),
    ("(type $a (array i8)) (data) (global (ref $a) (array.new_data $a 0 (i32.const 0) "
     "(i32.const 0)))", "constant expression required: found array.new_data"),
    ("(global (ref extern) (extern.convert_any (ref.null any)))", "type mismatch"),
    ("(table 1 (ref i31))", "type mismatch"),
])
def test_refused_module(text: str, message: str) -> None:
    assert refusal(wat(f"(module {text})")).message.startswith(message)


@pytest.mark.parametrize("text", [
    "(rec (type $a (struct (field (ref null $b)))) (type $b (array (ref $a))))",
    "(type $s (struct (field i8 (ref null 0)))) (global (ref $s) (struct.new $s (i32.const 1) "
    "(struct.new_default $s)))",
    "(type $a (array v128)) (global anyref (array.new $a (v128.const i64x2 1 2) (i32.const 3)))",
    "(global (ref any) (any.convert_extern (extern.convert_any (ref.i31 (i32.const 1)))))",
    "(type $f (sub (func (result anyref)))) (type $g (sub $f (func (result eqref)))) "
    "(func $h (type $g) (ref.null none)) (global (ref $f) (ref.func $h))",
    "(func (unreachable) (struct.get 0 0) (drop) (array.len) (drop)) (type (struct (field i32)))",
    "(func (param anyref) (result i32) (block $l (result anyref) "
    "(br_on_cast_fail $l anyref (ref null i31) (local.get 0)) (return (i31.get_u))) (drop) "
    "(i32.const 0))",
])
def test_accepted(text: str) -> None:
    validate(wat(f"(module {text})"))


# -- hand-made binaries -------------------------------------------------------------------------

def types(content: bytes) -> bytes:
    return b"\0asm\1\0\0\0\1" + leb(len(content)) + content


@pytest.mark.parametrize(("content", "kind", "message"), [
    ("01 5d", MalformedError, "malformed definition type"),
    ("01 4e 01 4e 00", MalformedError, "malformed definition type"),        # groups don't nest
    ("01 50 01 00 50 00 60 00 00", MalformedError, "malformed definition type"),
    ("01 5f 01 7f 02", MalformedError, "malformed mutability"),
    ("01 5e 79 00", MalformedError, "malformed value type"),
    ("01 5f 02 7f 00", MalformedError, "unexpected end"),
    ("01 4e ff ff ff ff 0f", MalformedError, "unexpected end"),
    ("01 60 01 78 00", MalformedError, "malformed value type"),             # packed
    ("01 50 01 00 60 00 00", ValidationError, "unknown type 0"),            # above itself
    ("03 50 00 5f 00 50 00 5f 00 50 02 00 01 5f 00", ValidationError, "sub type"),
    ("01 5f 01 63 05 00", ValidationError, "unknown type 5"),
    ("02 5f 01 63 01 00 5f 00", ValidationError, "unknown type 1"),         # of the next group
])
def test_type_sections(content: str, kind: type[ModuleError], message: str) -> None:
    error = refusal(types(bytes.fromhex(content)))
    assert type(error) is kind and error.message.startswith(message)


def test_an_empty_group_is_no_type() -> None:
    assert Compiled(types(bytes.fromhex("02 4e 00 60 00 00"))).module.functype_at(0) is not None


def chain(length: int) -> bytes:
    """Each type below the one before it."""
    below = b"".join(b"\x50\1" + leb(i) + b"\x5f\0" for i in range(length - 1))
    return types(leb(length) + b"\x50\0\x5f\0" + below)


def test_depth_has_a_limit() -> None:
    assert len(Compiled(chain(64)).module.types) == 64
    assert "sub type: more than 63 supertypes" in refusal(chain(65)).message
    assert "sub type: more than 63 supertypes" in refusal(chain(50_000)).message


def test_fields_have_a_limit() -> None:
    assert refusal(types(b"\1\x5f" + leb(10_001) + b"\x7f\0" * 10_001)).message.startswith(
        "10001 fields: the limit is")


def test_array_new_fixed_has_a_limit() -> None:
    text = "(type $a (array i32)) (func (unreachable) (drop (array.new_fixed $a 4294967295)))"
    assert refusal(wat(f"(module {text})")).message.startswith("4294967295 elements: the limit")
    text = "(type $a (array i32)) (global (ref $a) (array.new_fixed $a 4294967295))"
    assert refusal(wat(f"(module {text})")).message.startswith("4294967295 elements: the limit")


@pytest.mark.parametrize("flags", [4, 0x83])
def test_cast_flags(flags: int) -> None:
    source = wat("""(module (func (result anyref)
      (br_on_cast 0 anyref (ref null i31) (ref.null any))))""")
    broken = source.replace(b"\xfb\x18\3", b"\xfb\x18" + bytes([flags]))
    assert broken != source
    assert refusal(broken).message.startswith("malformed br_on_cast flags")
