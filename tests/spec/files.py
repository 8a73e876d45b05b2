"""The suite's files by name."""

from __future__ import annotations

from pathlib import Path

# Directories of the suite; others that a checkout may have repeat files for proposals.
_FOLDERS = (".", "custom", "legacy")


def files(suite: Path) -> dict[str, Path]:
    """The suite's files by name: `i32`, `legacy/throw`."""
    found = sorted(path for folder in _FOLDERS for path in (suite / folder).glob("*.wast"))
    return {path.relative_to(suite).with_suffix("").as_posix(): path for path in found}
