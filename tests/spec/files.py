"""The suite's files, and those among them that need what the engine hasn't yet."""

from __future__ import annotations

from pathlib import Path

# Directories of the suite; others that a checkout may have repeat files for proposals.
_FOLDERS = (".", "custom", "legacy")

# Files that fail until the engine has exceptions, or garbage collection.
_EXCEPTIONS = (
    "custom/name_annot", "exports", "imports", "instance", "legacy/rethrow", "legacy/throw",
    "legacy/try_catch", "legacy/try_delegate", "tag", "throw", "throw_ref", "try_table",
)
_GC = (
    "array", "array_copy", "array_fill", "array_init_data", "array_init_elem", "array_new_data",
    "array_new_elem", "binary-gc", "br_on_cast", "br_on_cast_fail", "extern", "i31", "ref_cast",
    "ref_eq", "ref_null", "ref_test", "struct", "table_init", "table_init64", "type-canon",
    "type-equivalence", "type-rec", "type-subtyping",
)
LATER = {**dict.fromkeys(_EXCEPTIONS, "exceptions"), **dict.fromkeys(_GC, "garbage collection")}


def files(suite: Path) -> dict[str, Path]:
    """The suite's files by name: `i32`, `legacy/throw`."""
    found = sorted(path for folder in _FOLDERS for path in (suite / folder).glob("*.wast"))
    return {path.relative_to(suite).with_suffix("").as_posix(): path for path in found}
