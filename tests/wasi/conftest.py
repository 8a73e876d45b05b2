from collections.abc import Iterator
from pathlib import Path

import pytest

from gabagool.wasi import WasiConfig
from tests.wasi.program import Program


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The directory that programs get; `outside` next to it must stay out of their reach."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    directory = tmp_path / "root"
    directory.mkdir()
    return directory


@pytest.fixture
def program(root: Path) -> Iterator[Program]:
    """A program with `root` as "/" (descriptor 3), no input, and output that is dropped."""
    config = WasiConfig(args=("prog", "ä"), env={"A": "1", "EMPTY": ""}, dirs=((str(root), "/"),),
                        stdin=None, stdout=None, stderr=None)
    program = Program(config)
    with program.wasi:
        yield program


@pytest.fixture
def tree(root: Path) -> Path:
    """file, dir/inner, empty/, and links: good → file, gone → nowhere, todir → dir, loop."""
    (root / "file").write_bytes(b"0123456789")
    (root / "dir").mkdir()
    (root / "dir" / "inner").write_bytes(b"inner")
    (root / "empty").mkdir()
    for name, text in (("good", "file"), ("gone", "nowhere"), ("todir", "dir"), ("loop", "loop")):
        (root / name).symlink_to(text)
    return root
