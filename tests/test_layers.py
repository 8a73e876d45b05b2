"""Imports point one way: each package may import only those before it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Lowest first. A name covers the module or package of that name.
LAYERS = ("records", "plain", "errors", "types", "rectypes", "isa", "syntax", "binary", "valid",
          "code", "text", "wat", "native", "runtime", "wasi", "container", "snapshot", "history",
          "api", "cli")
# The public face: re-exports the API, so only what lies outside the layers may import it whole.
FILES = sorted((ROOT / "gabagool").rglob("*.py"))


def _layer(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "gabagool" else None


def _imports(path: Path) -> list[tuple[int, str]]:
    """(line, module) of every import that runs, also inside functions; not for type checkers."""
    found: list[tuple[int, str]] = []
    todo: list[ast.AST] = [ast.parse(path.read_text())]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            found += [(node.lineno, f"{node.module}.{a.name}"
                       if node.module == "gabagool" else node.module) for a in node.names]
        elif isinstance(node, ast.Import):
            found += [(node.lineno, a.name) for a in node.names]
        todo += ast.iter_child_nodes(node)
    return found


def _own_layer(path: Path) -> str:
    return path.relative_to(ROOT / "gabagool").parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    own = _own_layer(path)
    if own == "__init__":
        return
    assert own in LAYERS, f"{path} belongs to no layer"
    for line, module in _imports(path):
        layer = _layer(module)
        if layer is not None:
            assert layer in LAYERS, f"{path}:{line} imports unknown {module}"
            assert LAYERS.index(layer) <= LAYERS.index(own), (
                f"{path}:{line}: {own} may not import {layer}")
        assert not module.startswith("debugger"), f"{path}:{line}: the engine knows no debugger"


def test_llvm_stays_in_native() -> None:
    users = {_own_layer(p) for p in FILES for _, m in _imports(p) if m.startswith("llvmlite")}
    assert users == {"native"}


def test_debug_info_is_decoded_in_one_place() -> None:
    libraries = ("elftools", "pydemumble")
    users = {p.parent.relative_to(ROOT) for p in [*(ROOT / "debugger").rglob("*.py"), *FILES]
             for _, m in _imports(p) if m.split(".")[0] in libraries}
    assert users == {Path("debugger/source")}


def test_only_the_face_uses_textual() -> None:
    faces = {"app.py", "screens", "widgets", "styles"}
    root = ROOT / "debugger"
    users = {p.relative_to(root).parts[0] for p in root.rglob("*.py")
             for _, m in _imports(p) if m.split(".")[0] == "textual"}
    assert users <= faces, users


def test_only_the_session_side_touches_machines() -> None:
    root = ROOT / "debugger"
    for p in [*(root / "widgets").rglob("*.py"), *(root / "screens").rglob("*.py")]:
        for line, module in _imports(p):
            assert not module.startswith(("gabagool.runtime", "gabagool.history")), f"{p}:{line}"
