"""`python -m tests.files.fuzz [--count N] [--first SEED]`: opens hostile files and uses them.

Each is opened, gone about in and run for a while in a process of its own kind, which must neither
die, nor hang, nor take much memory, nor raise anything but what is raised on purpose.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import select
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from contextlib import suppress
from pathlib import Path

from gabagool import GabagoolError, Linker, SnapshotError, open_recording, resume
from gabagool.api.describing import describe
from gabagool.history.recorder import Recorder
from gabagool.history.search import BreakScan
from gabagool.runtime.machine import Machine
from gabagool.types import FUNCREF, I32, FuncType
from gabagool.wasi import WasiConfig

LIMIT = 1 << 26             # bytes that a file may unpack to
MEMORY = 600 << 20          # bytes that a process may take at most
PATIENCE = 60.0             # seconds without an answer
STEPS = 2000


def use(path: Path, rng: random.Random) -> str:
    """What became of a file: 'refused', or 'used'."""
    with suppress(SnapshotError):
        if rng.random() < 0.05:
            describe(path)
    try:
        return _resumed(path)
    except SnapshotError as error:
        if "this is a recording" not in str(error):
            return "refused"
    try:
        return _gone_about(path, rng)
    except SnapshotError:
        return "refused"


def _resumed(path: Path) -> str:
    resumed = resume(path, wasi=WasiConfig(stdin=None, stdout=None, stderr=None), limit=LIMIT,
                     define=_define)
    _look(resumed.machine)
    try:
        resumed.machine.run(resumed.machine.step + STEPS)
    except GabagoolError:
        return "refused later"
    _look(resumed.machine)
    return "used"


def _define(linker: Linker) -> None:
    linker.define_func("env", "tell", FuncType((I32,), (I32,)), lambda x: x)
    linker.define_func("env", "find", FuncType((I32,), (FUNCREF,)), lambda _x: None)


def _look(machine: Machine) -> None:
    machine.backtrace()
    if machine.depth and machine.position is not None:
        machine.locals()
        machine.operands()
    machine.capture()


def _gone_about(path: Path, rng: random.Random) -> str:
    recording = open_recording(path, limit=LIMIT)
    try:
        playback = recording.playback
        near = min(playback.total, playback.origin + 100_000)
        for _ in range(3):
            step = rng.randint(playback.origin, near)
            playback.seek(step)
            _look(recording.machine)
            if recording.machine.position is not None:
                playback.search_back(step, BreakScan([recording.machine.position]),
                                     max(playback.origin, step - 10_000))
            playback.lane("depth", playback.origin, max(near, 1), 10)
        playback.events(playback.origin, near)
        for branch in recording.branches:
            _gone_about_branch(recording.machine, branch.recorder, rng)
        return "used"
    except GabagoolError:
        return "refused later"
    finally:
        recording.close()


def _gone_about_branch(machine: Machine, recorder: Recorder, rng: random.Random) -> None:
    recorder.activate()
    near = min(recorder.total, recorder.fork + 100_000)
    for step in (rng.randint(recorder.origin, near), recorder.fork):
        recorder.seek(step)
        _look(machine)
    recorder.events(recorder.origin, near)
    recorder.lane("depth", recorder.origin, max(near, 1), 10)


def _most_memory() -> int:
    """The most bytes that this process has had, but for what it was before it was this program."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    words = status.read_text().split()
    return int(words[words.index("VmHWM:") + 1]) * 1024


def work(first: int, count: int, branches: bool = False) -> None:
    """In the process that may suffer: an answer for each file on a line."""
    from tests.files.mutating import branched, hostile
    of = [branched()] if branches else ()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.gaba")
        for seed in range(first, first + count):
            print(seed, flush=True)
            path.write_bytes(hostile(seed, of))
            try:
                answer = use(path, random.Random(seed))
            except Exception:
                answer = f"bug {traceback.format_exc()[-700:]!r}"
            if _most_memory() > MEMORY:
                answer = "bug: too much memory"
                print(seed, answer, flush=True)
                return
            print(seed, answer, flush=True)


def fuzz(first: int, count: int, branches: bool = False) -> tuple[Counter[str], list[str]]:
    """How many files became of what, and what is wrong."""
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    seed = first
    while seed < first + count:
        seed = _watch(seed, first + count - seed, branches, counts, wrong)
    return counts, wrong


def _watch(first: int, count: int, branches: bool, counts: Counter[str],
           wrong: list[str]) -> int:
    """Watch one process; the number of the first file that is still to be done."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.files.fuzz", "--work", str(first), str(count),
         *["--branches"][:branches]],
        stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert process.stdout is not None
    current, pending = first, b""
    try:
        while True:
            ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
            if not ready:
                wrong.append(f"file {current} hangs")
                return current + 1
            data = os.read(process.stdout.fileno(), 1 << 16)
            if not data:
                break
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                number, _, answer = line.decode().partition(" ")
                current = int(number)
                if answer.startswith("bug"):
                    wrong.append(f"file {current}: {answer}")
                if answer:
                    counts[answer.partition(":")[0][:40]] += 1
                    current += 1
    finally:
        process.kill()
        code = process.wait()
    if current < first + count and code != 0:
        wrong.append(f"file {current} kills the process ({code})")
        return current + 1
    return max(current, first + 1)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.files.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first file")
    parser.add_argument("--branches", action="store_true", help="only recordings with branches")
    parser.add_argument("--work", nargs=2, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(*options.work, options.branches)
        return 0
    start = time.monotonic()
    counts, wrong = fuzz(options.first, options.count, options.branches)
    print(f"{sum(counts.values()):,} files in {time.monotonic() - start:.0f} s: "
          + ", ".join(f"{what} {n:,}" for what, n in counts.most_common()))
    print("\n".join(wrong[:20]) or "nothing wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
