"""CPython, QuickJS and Ruby, as they are published for WASI."""

import os
import re
import select
import sys
import time
from pathlib import Path

import pytest

from gabagool import Linker, Machine, Module, Store
from gabagool.cli import main
from gabagool.runtime.stops import StopReason
from gabagool.wasi import WasiConfig
from tests.wasi import interpreters

NOON = "fixed:2026-01-31T12:00:00Z"
SCRIPT = '''
import doctest, hashlib, json, os, re, statistics, sys, unittest

class StandardLibrary(unittest.TestCase):
    def test_json(self):
        data = {"list": [1, 2.5, None, True], "text": "ä\\n"}
        self.assertEqual(json.loads(json.dumps(data)), data)

    def test_re(self):
        self.assertEqual(re.sub(r"(\\w+) (\\w+)", r"\\2 \\1", "hello world"), "world hello")

    def test_hashlib(self):
        self.assertEqual(hashlib.sha256(b"abc").hexdigest()[:16], "ba7816bf8f01cfea")

    def test_files(self):
        os.makedirs("/data/a/b")
        with open("/data/a/b/file", "w+") as file:
            file.write("one\\ntwo\\n")
            file.seek(4)
            self.assertEqual(file.read(), "two\\n")
        os.symlink("b", "/data/a/link")
        os.rename("/data/a/link/file", "/data/a/file")
        self.assertEqual(sorted(os.listdir("/data/a")), ["b", "file", "link"])
        self.assertEqual(os.stat("/data/a/file").st_size, 8)
        with self.assertRaises(FileNotFoundError):
            open("/data/a/b/file")
        with self.assertRaises(OSError):
            open("/data/../outside/secret")

    def test_arguments(self):
        self.assertEqual(sys.argv[1:], ["one", "zwei Wörter"])
        self.assertEqual(os.environ["COLOUR"], "blue")

def load_tests(loader, tests, pattern):
    tests.addTests(doctest.DocTestSuite(statistics))
    return tests

unittest.main(argv=["script"], verbosity=2)
'''


@pytest.fixture
def python() -> str:
    return str(interpreters.cpython())


def test_an_expression(python: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", python, "-c", "print(sum(range(10)))"]) == 0
    assert capfd.readouterr() == ("45\n", "")


def test_a_script_tests_the_standard_library(python: str, root: Path,
                                             capfd: pytest.CaptureFixture[str]) -> None:
    (root / "script.py").write_text(SCRIPT)
    code = main(["run", "--dir", f"{root}::/data", "--env", "COLOUR=blue", python,
                 "/data/script.py", "one", "zwei Wörter"])
    _, err = capfd.readouterr()
    assert code == 0, err
    assert err.rstrip().endswith("OK")
    assert int(re.findall(r"Ran (\d+) tests", err)[0]) > 20  # 5 and the module's own examples
    assert (root / "a" / "file").read_text() == "one\ntwo\n"


@pytest.mark.parametrize(("code", "exit_code"), [
    ("import sys; sys.exit(3)", 3), ("import os; os.abort()", 134)])
def test_how_it_ends(python: str, capfd: pytest.CaptureFixture[str], code: str,
                     exit_code: int) -> None:
    assert main(["run", python, "-c", code]) == exit_code


def test_a_fixed_clock_and_seed_make_runs_equal(python: str,
                                                capfd: pytest.CaptureFixture[str]) -> None:
    code = ("import datetime, os, time; print(datetime.datetime.now(datetime.UTC), "
            "os.urandom(8), hash('text'), time.monotonic_ns()); time.sleep(3600);"
            "print(datetime.datetime.now(datetime.UTC))")
    for _ in range(2):
        assert main(["run", "--clock", NOON, "--seed", "7", python, "-c", code]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[:2] == lines[2:]
    assert lines[0].startswith("2026-01-31 12:00:00.") and lines[1].startswith("2026-01-31 13:00:0")


def test_standard_input_from_a_file(python: str, root: Path,
                                    capfd: pytest.CaptureFixture[str]) -> None:
    (root / "input").write_text("one\ntwo\n")
    code = "import sys; print(input().upper(), sys.stdin.read().split())"
    assert main(["run", "--stdin", str(root / "input"), python, "-c", code]) == 0
    assert capfd.readouterr().out == "ONE ['two']\n"


class Terminal:
    """A program on a pseudo-terminal."""

    def __init__(self, *args: str) -> None:
        import pty
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.execv(sys.executable, [sys.executable, "-m", "gabagool.cli", *args])

    def until(self, text: str, seconds: float = 60) -> str:
        """What came up to and with `text`."""
        seen, end = b"", time.monotonic() + seconds
        while text.encode() not in seen:
            left = end - time.monotonic()
            assert left > 0 and select.select([self.fd], [], [], left)[0], f"only {seen!r} came"
            try:
                seen += os.read(self.fd, 4096)
            except OSError:  # Linux's way to say that the other side is closed
                raise AssertionError(f"ended after {seen!r}") from None
        return seen.decode()

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def exit_code(self) -> int:
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return code


def test_the_interactive_prompt(python: str) -> None:
    pytest.importorskip("pty", reason="no pseudo-terminals here")
    terminal = Terminal("run", python, "-q")
    terminal.until(">>> ")
    terminal.type("answer = 6 * 7\n")
    terminal.until(">>> ")
    terminal.type("for i in range(2):\n")
    terminal.until("... ")
    terminal.type("    print(i, answer)\n\n")
    assert "0 42\r\n1 42\r\n" in terminal.until(">>> ")
    terminal.type("input('name? ')\n")
    terminal.until("name? ")
    terminal.type("Ada\n")
    assert "'Ada'" in terminal.until(">>> ")
    terminal.type("1/0\n")
    assert "ZeroDivisionError" in terminal.until(">>> ")
    terminal.type("import sys; sys.exit(5)\n")
    assert terminal.exit_code() == 5


def test_its_state_goes_on_in_another_machine(python: str, root: Path) -> None:
    """Suspended while it writes a file and reads its input, as a snapshot file carries it."""
    (root / "input").write_text("".join(f"line {i}\n" for i in range(400)))
    code = ("import sys\nwith open('/data/copy', 'w') as file:\n"
            "    for number, line in enumerate(sys.stdin):\n"
            "        print(number, line, end='', file=file, flush=True)\n"
            "        if number % 100 == 0: print(number, flush=True)\n")
    module = Module.from_file(python, lazy=True)
    out: list[bytes] = []

    def machine() -> Machine:
        linker = Linker(store := Store())
        linker.define_wasi(WasiConfig(
            args=("python", "-c", code), dirs=((str(root), "/data"),), stdout=out.append,
            stdin=os.open(root / "input", os.O_RDONLY), realtime=0, seed=1))
        start = linker.instantiate(module).exports(store)["_start"]
        return start.start(store)  # type: ignore[union-attr,no-any-return]

    one = machine()
    while out[-1:] != [b"100\n"]:
        assert one.run(one.step + 200_000).reason is StopReason.FUEL
    other = machine()
    other.restore_checked(one.exported())
    other.hosts.reopen()
    stop = other.run(1 << 40)
    assert (stop.reason, stop.exit_code) in ((StopReason.EXIT, 0), (StopReason.FINISHED, None))
    assert b"".join(out) == b"0\n100\n200\n300\n"
    assert (root / "copy").read_text() == "".join(f"{i} line {i}\n" for i in range(400))


def test_quickjs(root: Path) -> None:
    """A reactor: `_initialize` first, then its functions."""
    (root / "script.js").write_text(
        "import * as std from 'qjs:std';\n"
        "const text = std.loadFile('/data/input');\n"
        "console.log(JSON.stringify(text.split('\\n').map(Number)), 2n ** 70n);\n")
    (root / "input").write_text("1\n2\n3")
    path = interpreters.quickjs()
    js = interpreters.QuickJS(path, {})
    assert js.main("-e", "console.log([1, 2, 3].map(x => x * x).join(), "
                         "/\\d+/.exec('ab12')[0], typeof std)") == 0
    assert js.output == "1,4,9 12 undefined\n"
    js = interpreters.QuickJS(path, {"dirs": ((str(root), "/data"),)})
    assert js.main("--std", "/data/script.js") == 0
    assert js.output == "[1,2,3] 1180591620717411303424\n"
    js = interpreters.QuickJS(path, {})
    assert js.main("-e", "throw new Error('no')") != 0
    assert re.match("Error: no", js.output)


def test_ruby(root: Path) -> None:
    ruby = interpreters.Ruby(interpreters.ruby(), {"dirs": ((str(root), "/data"),)})
    assert ruby.eval("$stdout.sync = true; puts [1, 2, 3].sum { |x| x * x }")
    assert ruby.eval("require 'json'; puts JSON.generate({a: 'ab12'[/\\d+/]})")
    assert ruby.eval("require 'digest'; puts Digest::SHA256.hexdigest('abc')[0, 8]")
    assert ruby.eval("File.write('/data/new', 'text'); puts Dir.children('/data').sort.inspect")
    assert ruby.output == '14\n{"a":"12"}\nba7816bf\n["new"]\n'
    assert (root / "new").read_text() == "text"
    assert not ruby.eval("raise 'no'")
