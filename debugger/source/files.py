"""Source files: from the path that a compiler recorded to the text on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

_LARGEST = 16 << 20


@dataclass(frozen=True, slots=True)
class Text:
    """A source file's lines; `path` is where it was found."""

    path: str
    lines: tuple[str, ...]


def base(path: str) -> str:
    """The file's own name, of any system's path."""
    return PureWindowsPath(path).name


class Files:
    """Looks for sources where they were compiled, beside the module, and in `directories`."""

    def __init__(self, home: Path, directories: tuple[str, ...] = (),
                 texts: Mapping[str, str] | None = None) -> None:
        self._home = home
        self.directories = list(directories)
        self._texts = texts or {}
        self._found: dict[str, Text | None] = {}

    def add(self, directory: str) -> None:
        """Looks in another directory, before those that are known."""
        if directory in self.directories:
            self.directories.remove(directory)
        self.directories.insert(0, directory)
        self._found.clear()

    def reset(self) -> None:
        self.directories.clear()
        self._found.clear()

    def text(self, path: str) -> Text | None:
        """A file's text; None if it can't be found or read."""
        if path not in self._found:
            self._found[path] = self._read(path)
        return self._found[path]

    def missing(self, path: str) -> str:
        """What to say about a file that isn't there."""
        return f"{path} is not here: name its directory with 'directory DIR' or --source-dir DIR"

    def _read(self, path: str) -> Text | None:
        if path in self._texts:
            return Text(path, tuple(self._texts[path].splitlines()))
        for place in self._places(path):
            try:
                if place.is_file() and place.stat().st_size <= _LARGEST:
                    text = place.read_text(encoding="utf-8", errors="replace")
                    return Text(str(place), tuple(text.splitlines()))
            except (OSError, ValueError):
                continue
        return None

    def _places(self, path: str) -> Iterator[Path]:
        parts = [part for part in PurePosixPath(path.replace("\\", "/")).parts
                 if part not in ("/", ".", "..") and not part.endswith(":")]
        if path.startswith("/"):
            yield Path(path)
        for directory in (*map(Path, self.directories), self._home):
            for first in range(len(parts)):
                yield directory.joinpath(*parts[first:])
