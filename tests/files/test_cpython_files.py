"""CPython suspended anywhere goes on in another process as if nothing had been.

`GABAGOOL_CPYTHON_POINTS` is at how many random steps it is suspended (200 say more than 4).
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from gabagool import Func, Linker, Module, Store, WasiConfig, open_recording, suspend
from gabagool.cli.driver import SUSPENDED
from gabagool.runtime.machine import Machine
from tests.cpython import require_cpython
from tests.files.resuming import Resumer
from tests.packaged import ENVIRONMENT

ROOT = Path(__file__).parents[2]
SCRIPT = """
import json, re
words = {}
for i in range(300):
    word = re.sub("[aeiou]", "*", "step %d of a loop" % (i % 37))
    words[word] = words.get(word, 0) + i
    if i % 20 == 0:
        print(i, json.dumps(sorted(words.items())[:2]), flush=True)
def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)
try:
    depth(10000)
except RecursionError as error:
    print("as deep as it goes")
print(sum(words.values()), hash("a text"))
"""


def begun(path: Path, output: bytearray) -> Machine:
    store = Store()
    linker = Linker(store)
    linker.define_wasi(WasiConfig(args=("python", "-c", SCRIPT), env=ENVIRONMENT, stdin=None,
                                  stdout=output.extend, stderr=output.extend,
                                  realtime=10**18, seed=1))
    func = linker.instantiate(Module.from_file(path, lazy=True)).exports(store)["_start"]
    assert isinstance(func, Func)
    store.machine.start(func.inst.addr, [])
    return store.machine


def test_suspended_at_random_steps(tmp_path: Path) -> None:
    path = require_cpython()
    points = int(os.environ.get("GABAGOOL_CPYTHON_POINTS", "4"))
    whole = bytearray()
    end = begun(path, whole).run(1 << 60)
    assert b"as deep as it goes" in whole and whole.count(b"\n") == 17
    rng = random.Random(points)
    early = bytearray()
    machine = begun(path, early)
    resumers = [Resumer(path) for _ in range(min(2, points))]
    expected: list[str] = []
    for i, step in enumerate(sorted(rng.sample(range(end.step), points))):
        machine.run(step)
        late = whole[len(early):]
        expected.append(f"{end.step} {end.reason.value} "
                        f"{hashlib.sha256(late).hexdigest()} {len(late)}")
        file = tmp_path / f"{i}.gaba"
        suspend(machine, file, modules=False)
        resumers[i % len(resumers)].ask(file)
        if i >= len(resumers) * 2:      # not too many files at a time
            at = i - len(resumers) * 2
            assert resumers[at % len(resumers)].answer() == expected[at], at
            (tmp_path / f"{at}.gaba").unlink()
    for at in range(max(0, points - len(resumers) * 2), points):
        assert resumers[at % len(resumers)].answer() == expected[at], at
    for resumer in resumers:
        resumer.close()


def test_a_loop_is_finished_elsewhere(tmp_path: Path) -> None:
    """Ctrl-\\ in the middle of a loop; the rest is printed by another process, each line once."""
    path, out = require_cpython(), tmp_path / "loop.gaba"
    script = ("for i in range(60):\n    print(i, flush=True)\n"
              "    for j in range(20000): pass\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "gabagool.cli", "run", "--out", str(out), str(path), "-c", script],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    first = [process.stdout.readline() for _ in range(12)]
    process.send_signal(signal.SIGQUIT)
    rest, error = process.communicate(timeout=120)
    assert process.returncode == SUSPENDED, error
    first += rest.splitlines(keepends=True)
    resumed = subprocess.run([sys.executable, "-m", "gabagool.cli", "resume", str(out)], cwd=ROOT,
                             capture_output=True, timeout=300)
    assert resumed.returncode == 0 and resumed.stdout
    assert [*first, *resumed.stdout.splitlines(keepends=True)] == [
        b"%d\n" % i for i in range(60)]


def test_its_state_is_much_smaller_than_its_memory(tmp_path: Path) -> None:
    machine = begun(require_cpython(), bytearray())
    machine.run(200_000_000)
    memory = machine.store.memories[0].size
    assert suspend(machine, tmp_path / "x", modules=False) < memory // 8


def test_a_recording_of_it(tmp_path: Path) -> None:
    path, out = require_cpython(), tmp_path / "r.gaba"
    done = subprocess.run(
        [sys.executable, "-m", "gabagool.cli", "record", "--out", str(out), str(path), "-c",
         "print(sum(range(10)))"], cwd=ROOT, capture_output=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, b"45\n")
    opened = open_recording(out)
    assert opened.playback.total > 100_000_000 and len(opened.playback.retained()) > 4
    opened.playback.seek(opened.playback.total // 2)
    assert opened.machine.step == opened.playback.total // 2
    output = b"".join(data for entry in opened.playback.journal.entries
                      for _, data in entry.output)
    assert output == b"45\n"
