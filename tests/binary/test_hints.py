"""Branch hints: read where they are right, told apart where they are wrong."""

from __future__ import annotations

import pytest
from wasmtime import wat2wasm

from gabagool.binary.hints import SECTION, Hint, branch_hints
from gabagool.binary.sections import decode
from gabagool.code.objdump import objdump_text
from gabagool.errors import MalformedError, ModuleError, ValidationError
from gabagool.syntax import Module

PLAIN = bytes(wat2wasm("""(module (import "m" "f" (func))
  (func (param i32) (block (br_if 0 (local.get 0))) (if (local.get 0) (then)))
  (func (param i32) (if (local.get 0) (then))))"""))
# offsets from the start of the body: the byte of local declarations is 0
BR_IF, IF, SECOND_IF = 5, 10, 3


def hinted(content: bytes) -> Module:
    name = SECTION.encode()
    body = bytes((len(name),)) + name + content
    code = PLAIN.index(b"\x0a", 30)
    return decode(PLAIN[:code] + bytes((0, len(body))) + body + PLAIN[code:])


def test_right_ones() -> None:
    module = hinted(bytes((2, 1, 2, BR_IF, 1, 1, IF, 1, 0, 2, 1, SECOND_IF, 1, 1)))
    first, second = (func.start for func in module.funcs)
    assert branch_hints(module) == (Hint(1, first + BR_IF, True), Hint(1, first + IF, False),
                                    Hint(2, second + SECOND_IF, True))
    assert f"  func[1] {first + IF:06x} unlikely" in objdump_text(module, headers=True)
    assert branch_hints(decode(PLAIN)) == ()


@pytest.mark.parametrize(("content", "kind", "message"), [
    (bytes((1, 1, 1, IF + 1, 1, 1)), ValidationError, "invalid target"),
    (bytes((1, 0, 0)), ValidationError, "invalid function"),
    (bytes((1, 3, 0)), ValidationError, "invalid function"),
    (bytes((2, 2, 0, 1, 0)), MalformedError, "functions out of order"),
    (bytes((1, 1, 2, IF, 1, 1, IF, 1, 1)), MalformedError, "duplicate annotation"),
    (bytes((1, 1, 2, IF, 1, 1, BR_IF, 1, 1)), MalformedError, "hints out of order"),
    (bytes((1, 1, 1, IF, 2, 1)), MalformedError, "malformed hint"),
    (bytes((1, 1, 1, IF, 1, 2)), MalformedError, "malformed hint"),
    (bytes((0, 0)), MalformedError, "section size mismatch"),
])
def test_wrong_ones(content: bytes, kind: type[ModuleError], message: str) -> None:
    module = hinted(content)
    with pytest.raises(kind, match=f"^@metadata.code.branch_hint annotation: {message}"):
        branch_hints(module)
    assert any(message in line for line in objdump_text(module, headers=True))


def test_cut_short() -> None:
    for size in range(1, 6):
        with pytest.raises(MalformedError):
            branch_hints(hinted(bytes((1, 1, 1, IF, 1, 1))[:size]))
