"""A fork of the game: a brand-new process that begins from a snapshot file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from programs.torus.game import Game

ROOT = Path(__file__).parents[2]
_PATIENCE = 10.0          # seconds for tmux to answer


@dataclass(frozen=True, slots=True)
class Fork:
    """Where a fork lives: a message for the user, and its process if it is ours to wait for."""

    message: str
    file: Path
    output: Path | None = None
    process: subprocess.Popen[bytes] | None = None


def fork(game: Game, environment: Mapping[str, str] = os.environ, wide: bool = True) -> Fork:
    """Write the game to a file and start a process that goes on from it.

    In tmux it gets a pane of its own (beside, if the window is `wide`, else below); elsewhere it
    is detached and draws into a file. Raises OSError, or subprocess.SubprocessError.
    """
    folder = Path(tempfile.mkdtemp(prefix="gabagool-life-"))
    file = folder / f"generation-{game.picture.generation}.gaba"
    size = game.save(file)
    command = [sys.executable, "-m", "programs.torus", "--from", str(file)]
    if environment.get("TMUX") and shutil.which("tmux"):
        return _in_tmux(command, file, size, wide)
    return _detached(command, file, size)


def _paths() -> str:
    """Where a new Python finds the same modules, wherever it is started."""
    return os.pathsep.join([str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])


def _in_tmux(command: list[str], file: Path, size: int, wide: bool) -> Fork:
    done = subprocess.run(
        ["tmux", "split-window", "-h" if wide else "-v", "-d", "-P", "-F", "#{pane_pid} #{pane_id}",
         "-e", f"PYTHONPATH={_paths()}", *_variables(), *command],
        capture_output=True, text=True, timeout=_PATIENCE)
    if done.returncode:
        raise OSError(f"tmux: {done.stderr.strip()}")
    pid, pane = done.stdout.split()
    return Fork(f"forked: process {pid} goes on in pane {pane} ({size:,} bytes of state)", file)


def _variables() -> list[str]:
    """Settings that a pane must have in common with us."""
    return [word for name in ("GABAGOOL_CACHE", "COLORTERM") if name in os.environ
            for word in ("-e", f"{name}={os.environ[name]}")]


def _detached(command: list[str], file: Path, size: int) -> Fork:
    output = file.with_suffix(".txt")
    process = subprocess.Popen(
        [*command, "--output", str(output)], env={**os.environ, "PYTHONPATH": _paths()},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True)
    return Fork(f"forked: process {process.pid} goes on by itself ({size:,} bytes of state). "
                f"Watch it: tail -F {output}", file, output, process)
