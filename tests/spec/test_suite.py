"""The official suite: each of its files is one test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .__main__ import main
from .convert import MISSING, suite
from .files import files
from .legacy import unfold
from .runner import run_file

_FILES = files(suite())
_PARAMS = [pytest.param(path, id=name) for name, path in _FILES.items()]


@pytest.mark.skipif(not _FILES, reason=MISSING.format(suite()))
@pytest.mark.parametrize("wast", _PARAMS)
def test_file(wast: Path) -> None:
    result = run_file(wast)
    assert result.passed or result.skipped, "the file has no commands"
    assert not result.failures, "\n".join(
        f"{wast}:{line}: {text}" for line, text in result.failures)


# A suite of our own: what the runner must not let pass.
_SCRIPT = r'''
(module
  (func (export "nan") (result f32) (f32.const nan:0x200000))
  (func (export "minus") (result f64) (f64.const -0))
  (func (export "lanes") (result v128) (v128.const f32x4 1 nan -nan 4))
  (func (export "div") (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0))))
(assert_return (invoke "nan") (f32.const nan:0x200000))
(assert_return (invoke "nan") (f32.const nan:canonical))
(assert_return (invoke "nan") (f32.const nan:arithmetic))
(assert_return (invoke "nan") (f32.const nan:0x200001))
(assert_return (invoke "minus") (f64.const 0))
(assert_return (invoke "lanes") (v128.const f32x4 1 nan:canonical nan:arithmetic 4))
(assert_return (invoke "lanes") (v128.const f32x4 1 nan:canonical nan:arithmetic 5))
(assert_return (invoke "div" (i32.const 1)))
(assert_trap (invoke "div" (i32.const 0)) "integer divide")
(assert_trap (invoke "div" (i32.const 0)) "integer divide by zero, of course")
(assert_trap (invoke "div" (i32.const 1)) "integer divide by zero")
(assert_invalid (module (func (result i32))) "type mismatch")
(assert_invalid (module (func)) "type mismatch")
(assert_malformed (module quote "(func") "unexpected end")
(assert_malformed (module binary "\00asm\02\00\00\00") "unknown binary version")
(assert_malformed (module binary "\00asm\01\00\00\00") "unknown binary version")
(assert_unlinkable (module (import "a" "b" (func))) "unknown import")
(assert_unlinkable (module (import "a" "b" (func))) "incompatible import type")
(assert_return (invoke "nothing"))
'''
_FAILING = (8, 9, 10, 11, 13, 14, 16, 17, 19, 22, 24, 25)


def test_the_runner_is_strict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wast = tmp_path / "own.wast"
    wast.write_text(_SCRIPT)
    results = tmp_path / "results.json"
    assert main([str(tmp_path), "--json", str(results)]) == 1
    said = capsys.readouterr().out
    assert all(f"{wast}:{line}: " in said for line in _FAILING)
    record: dict[str, Any] = json.loads(results.read_text())[0]
    assert tuple(failure["line"] for failure in record["failures"]) == _FAILING
    assert (record["passed"], record["failed"], record["skipped"]) == (7, len(_FAILING), 1)


def test_no_suite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "git clone" in capsys.readouterr().err


def test_folded_try_is_unfolded() -> None:
    folded = '(func (try $l (result i32) (do (throw 0)) ;; (do\n (catch $e (drop)) (catch_all)))'
    assert " ".join(unfold(folded).split()) == (
        "(func try $l (result i32) (throw 0) ;; (do catch $e (drop) catch_all end)")
    delegating = '(try (do (call $f "(do")) (delegate $l))'
    assert " ".join(unfold(delegating).split()) == 'try (call $f "(do") delegate $l'
    assert unfold("(try_table (catch 0 0))") == "(try_table  catch 0 0 )"
