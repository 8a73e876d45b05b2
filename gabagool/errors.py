"""Every exception gabagool raises on purpose; a leaf module that anything may import.

The families follow the spec's phases: a module can be malformed (decoding, §5), invalid
(validation, §3), unlinkable (instantiation, §4.5.4), and execution can trap (§4.2.2).
"""

from __future__ import annotations

from gabagool.records import dataclass


class GabagoolError(Exception):
    """Base of every error raised on purpose by this package."""


class ModuleError(GabagoolError):
    """A module's bytes are at fault. `offset` is the byte offset in the binary, if known."""

    def __init__(self, message: str, offset: int | None = None, where: str | None = None) -> None:
        self.message = message
        self.offset = offset
        self.where = where
        super().__init__(self._text())

    def _text(self) -> str:
        text = self.message
        if self.where:
            text += f" (in {self.where})"
        if self.offset is not None:
            text += f" (at offset 0x{self.offset:x})"
        return text

    def located(self, where: str) -> ModuleError:
        """This error with the section or function named, unless one is named already."""
        if self.where is None:
            self.where = where
            self.args = (self._text(),)
        return self


class MalformedError(ModuleError):
    """The bytes are not a module of the binary format (spec §5)."""


class TextError(MalformedError):
    """The text is not a module of the text format (spec §6). Lines and columns count from 1;
    they are None where only the whole is at fault."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None,
                 name: str = "") -> None:
        self.line, self.column, self.name = line, column, name
        super().__init__(message)

    def _text(self) -> str:
        place = [self.name] if self.name else []
        if self.line is not None:
            place += [str(self.line), str(self.column)]
        return f"{':'.join(place)}: {self.message}" if place else self.message


class ValidationError(ModuleError):
    """The module is well-formed but breaks a validation rule (spec §3)."""


class LinkError(GabagoolError):
    """Imports are missing or of the wrong type (spec §4.5.4). `missing` lists (module, name)."""

    def __init__(self, message: str, missing: tuple[tuple[str, str], ...] = ()) -> None:
        self.missing = missing
        super().__init__(message)


class LimitError(GabagoolError):
    """A resource the host was asked for is beyond a configured limit."""


class SnapshotError(GabagoolError):
    """A snapshot or recording is damaged, hostile, or belongs to another module."""


@dataclass(frozen=True, slots=True)
class FrameInfo:
    """One frame of a wasm backtrace: instance index, function index, name and byte offset.

    `offset` is the offset of the current (or calling) instruction in the module's binary.
    """

    instance: int
    funcidx: int
    name: str | None
    offset: int

    def __str__(self) -> str:
        label = self.name if self.name else "<unnamed>"
        return f"0x{self.offset:x} - func[{self.funcidx}] {label}"


class Aborted(GabagoolError):
    """Execution ended early, and where: see `Trap` and `Thrown`.

    `frames` are the innermost ones, innermost first; `depth` is how many there were.
    """

    def __init__(self, message: str, frames: tuple[FrameInfo, ...] = (), depth: int = 0) -> None:
        self.message = message
        self.frames = frames
        self.depth = max(depth, len(frames))
        super().__init__(message)

    def backtrace(self) -> str:
        """The wasm backtrace, one line a frame, innermost first."""
        lines = [f"  {i}: {frame}" for i, frame in enumerate(self.frames)]
        if self.depth > len(lines):
            lines.append(f"  … {self.depth - len(lines)} more frames")
        return "\n".join(lines)


class Trap(Aborted):
    """Execution trapped (spec §4.2.2). `message` is the suite's text."""


class Thrown(Aborted):
    """An exception of the guest's that nothing in the guest caught (spec §4.2.2).

    `ref` are the reference bits of the exception in its store, which says what it is. A host
    function that raises this throws the exception again.
    """

    def __init__(self, message: str, ref: int, frames: tuple[FrameInfo, ...] = (),
                 depth: int = 0) -> None:
        self.ref = ref
        super().__init__(message, frames, depth)


class Interrupted(GabagoolError):
    """A blocking host call was interrupted before it had any effect.

    The machine stands at the call: running on makes the same call again.
    """

    def __init__(self) -> None:
        super().__init__("interrupted while a host call was blocking")


class Exit(GabagoolError):
    """The program ended itself through WASI `proc_exit`; `code` is its exit code."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"exit {code}")
