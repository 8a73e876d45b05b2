"""Resuming on the command line when files that the program had open are not as they were."""

from pathlib import Path

import pytest
from wasmtime import wat2wasm

from gabagool.cli import main
from tests.wasi.test_wasi_engine import CONTENT, COPY

SUSPENDED = 75


@pytest.fixture
def suspended(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """A snapshot of a program that has read a part of `data/input`."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "input").write_bytes(CONTENT)
    (tmp_path / "copy.wasm").write_bytes(wat2wasm(COPY))
    assert main(["run", "--dir", f"{tmp_path / 'data'}::/", "--snapshot-on", "step:100", "--stop",
                 "--out", str(tmp_path / "x.gaba"), str(tmp_path / "copy.wasm")]) == SUSPENDED
    assert CONTENT.startswith(capfd.readouterr().out.encode())
    return tmp_path


def resume(folder: Path, *words: str) -> int:
    return main(["resume", "--dir", f"{folder / 'data'}::/", *words, str(folder / "x.gaba")])


def test_unchanged(suspended: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert resume(suspended) == 7
    assert CONTENT.endswith(capfd.readouterr().out.encode())


def test_copied_to_another_place(suspended: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (suspended / "data" / "input").unlink()
    (suspended / "data" / "input").write_bytes(CONTENT)
    assert resume(suspended) == 7
    assert CONTENT.endswith(capfd.readouterr().out.encode())


def test_changed(suspended: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (suspended / "data" / "input").write_bytes(CONTENT.upper())
    assert resume(suspended) == 1
    assert "/input has changed since" in (error := capfd.readouterr().err)
    assert "--changed-files" in error
    assert resume(suspended, "--changed-files") == 7
    assert CONTENT.upper().endswith(capfd.readouterr().out.encode()[-8:])


def test_missing(suspended: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (suspended / "data" / "input").unlink()
    assert resume(suspended) == 1
    assert "/input: No such file" in capfd.readouterr().err
    assert resume(suspended, "--changed-files") == 98  # its own answer to an errno


def test_a_directory_that_is_not_granted(suspended: Path,
                                         capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["resume", str(suspended / "x.gaba")]) == 1
    assert "directories preopened: / (now: none)" in capfd.readouterr().err
