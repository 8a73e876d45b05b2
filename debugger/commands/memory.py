"""Actions on values and memory: gdb's `x` and `print`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from debugger.addressing import address as address_of
from debugger.commands.action import Action, Context, Result, no_arguments
from debugger.commands.objects import compute, printed
from debugger.exchange import CommandError
from debugger.expression import Typed
from debugger.session import Session
from debugger.values import VECTOR_VIEWS, format_float, format_value, format_vector, signed
from gabagool.types import F32, F64, I32, I64, V128, valtype_name

_GROUP = "Looking at values"
_FORMAT = re.compile(r"/(?P<count>\d*)(?P<letters>[a-z]*)")
_SIZES = {"b": 1, "h": 2, "w": 4, "g": 8}
_LETTERS = "xduotcfsa"
_MOST = 65536           # bytes one x may show
_LINE = 16              # bytes a line shows at most; g and f64 two to a line, b eight as in gdb
_LONGEST_STRING = 4096

_Row = tuple[int, list[str], int]       # a line's address, its texts, the address after it


@dataclass(frozen=True, slots=True)
class _Format:
    """gdb's /NFU: how many, which letter, how many bytes each."""

    count: int
    letter: str
    size: int


def _parse_format(text: str, before: str) -> tuple[_Format, str]:
    """The format of an x command and the rest of its text; what isn't said is as `before`."""
    match = _FORMAT.match(text) if text.startswith("/") else None
    rest = text[match.end():].strip() if match else text
    letter, size = _letters(before, "x", 4)
    letter, size = _letters(match["letters"] if match else "", letter, size)
    if match and match.end() < len(text) and not text[match.end()].isspace():
        raise CommandError(f"'{text.split()[0]}' is not a format such as /16xb or /4dw")
    count = int(match["count"][:9]) if match and match["count"] else 1
    if count * size > _MOST:
        raise CommandError(f"x shows at most {_MOST} bytes at once")
    return _Format(count, letter, size), rest


def _letters(letters: str, letter: str, size: int) -> tuple[str, int]:
    for each in letters:
        if each in _SIZES:
            size = _SIZES[each]
        elif each in _LETTERS:
            letter = each
        else:
            raise CommandError(f"'{each}' is neither a format ({' '.join(_LETTERS)}) nor a size "
                               f"({' '.join(_SIZES)})")
    if letter == "c" and not any(each in _SIZES for each in letters):
        size = 1
    if letter == "f" and size < 4:
        size = 4
    return letter, size


def _examine(context: Context, text: str) -> Result:
    session = context.session
    memory, address, before = context.examine
    format_, rest = _parse_format(text, before)
    if rest:
        memory, address = located(session, rest)
    shown = f"{format_.letter}{'bhwg'[format_.size.bit_length() - 1]}"
    rows = (_strings(session, memory, address, format_.count) if format_.letter == "s"
            else _units(session, memory, address, format_))
    lines, values = [], []
    for at, texts, end in rows:
        lines.append(f"0x{at:08x}:\t" + "\t".join(texts))
        values.extend(texts)
        address = end
    context.examine = (memory, address, shown)
    first = lines[0].split(":")[0] if lines else f"0x{address:08x}"
    return Result("\n".join(lines), {"memory": memory, "address": first, "values": values})


def located(session: Session, text: str) -> tuple[int, int]:
    """The memory and the address meant by `ADDRESS`, `mem1[ADDRESS]` or `mem1: ADDRESS`."""
    try:
        place = address_of(text)
    except CommandError:            # an expression of the source's
        return 0, compute(session, text).address
    return place.memory, compute(session, place.address).address


def _units(session: Session, memory: int, address: int, format_: _Format) -> Iterator[_Row]:
    """Lines of numbers."""
    data = session.read_memory(memory, address, format_.count * format_.size)
    step = format_.size * (8 if format_.size < 4 else _LINE // format_.size)
    for start in range(0, len(data), step):
        part = data[start:start + step]
        texts = [_unit(part[i:i + format_.size], format_.letter)
                 for i in range(0, len(part), format_.size)]
        yield address + start, texts, address + start + len(part)


def _unit(data: bytes, letter: str) -> str:
    bits, width = int.from_bytes(data, "little"), len(data) * 8
    if letter == "f":
        return format_float(F32 if width == 32 else F64, bits)
    if letter == "d":
        return str(signed(bits, width))
    if letter == "c":
        return f"{signed(bits, width)} {_character(bits & 0xFF)}"
    return {"x": f"0x{bits:0{width // 4}x}", "a": f"{bits:#x}", "u": str(bits),
            "o": f"0{bits:o}" if bits else "0", "t": f"{bits:0{width}b}"}[letter]


def _character(byte: int) -> str:
    return repr(chr(byte)) if 32 <= byte < 127 else f"'\\{byte:03o}'"


def _strings(session: Session, memory: int, address: int, count: int) -> Iterator[_Row]:
    """NUL-terminated strings, one a line."""
    for _ in range(count):
        size = min(_LONGEST_STRING, (*session.memory_sizes()[memory:], 0)[0] - address)
        data = session.read_memory(memory, address, max(1, size))
        text, nul, _ = data.partition(b"\0")
        yield address, [_quoted(text) + ("" if nul else "…")], address + len(text) + len(nul)
        address += len(text) + len(nul)


def _quoted(data: bytes) -> str:
    text = data.decode("utf-8", "backslashreplace")
    escaped = text.replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return '"' + "".join(c if c.isprintable() or c == "\\" else f"\\x{ord(c):02x}"
                         for c in escaped) + '"'


def _print(context: Context, text: str) -> Result:
    match = re.match(r"/([a-z0-9]+)\s*", text)
    expression = text[match.end():] if match else text
    if match is None:
        if context.session.in_source(expression):
            kind, shown, address = context.session.evaluate(expression)
            return Result(f"{kind} = {shown}", {"type": kind, "value": shown, "address": address})
        if (found := printed(context.session, text)) is not None:
            return found
    value = compute(context.session, expression)
    type_ = I64 if value.type is None else value.type
    if type_ == V128:
        shown = _vector_text(value, match[1] if match else context.session.vectors)
    else:
        shown = _typed_text(value, match[1] if match else "")
    name = valtype_name(type_) if type_ else "ref"
    return Result(f"{name} {shown}", {"type": name, "value": shown, "bits": value.bits})


def _typed_text(value: Typed, letters: str) -> str:
    type_ = I64 if value.type is None else value.type
    if not letters:
        return value.text or format_value(type_, value.bits)
    if letters not in _LETTERS or letters in "s" or len(letters) != 1:
        raise CommandError(f"print takes one format letter of {' '.join('xduotcfa')}, "
                           f"not '{letters}'")
    size = 4 if type_ in (I32, F32) else 8
    shown = _unit(value.bits.to_bytes(size, "little"), letters)
    return re.sub(r"^(0x|)0+(?=.)", r"\1", shown) if letters in "xt" else shown


def _vector_text(value: Typed, view: str) -> str:
    view = "hex" if view == "x" else view
    if view not in VECTOR_VIEWS:
        raise CommandError(f"a vector is printed as one of {' '.join(VECTOR_VIEWS)}, not '{view}'")
    return format_vector(view, value.bits)


def _lanes(context: Context, text: str) -> Result:
    return _show_vectors(context, text or _neighbour(context, 1))


def _lanes_back(context: Context, text: str) -> Result:
    no_arguments("lanes-back", text)
    return _show_vectors(context, _neighbour(context, -1))


def _neighbour(context: Context, by: int) -> str:
    at = VECTOR_VIEWS.index(context.session.vectors)
    return VECTOR_VIEWS[(at + by) % len(VECTOR_VIEWS)]


def _show_vectors(context: Context, view: str) -> Result:
    context.session.show_vectors(view)
    return Result(f"vectors are shown as {view}", {"view": view})


ACTIONS = (
    Action("lanes", ("lanes",), ("l",),
           f"show vectors in the next view, or in one of {' '.join(VECTOR_VIEWS)}", _GROUP,
           _lanes, "[VIEW]"),
    Action("lanes_back", ("lanes-back",), ("L",), "show vectors in the previous view", _GROUP,
           _lanes_back),
    Action("print", ("print", "p", "inspect"), (),
           "a value: $0, $name, global[0], stack(0), i32[address], with + - * and (), or what is "
           "in an object: $v, $v.field, $v[3], $v[3]@10, table[0][3], @0x1040", _GROUP,
           _print, "[/FORMAT] EXPRESSION", attached=True),
    Action("examine", ("x",), (),
           "memory: count, format (x d u o t c f s a) and size (b h w g), then the address",
           _GROUP, _examine, "[/16xb] [ADDRESS]", attached=True),
)
