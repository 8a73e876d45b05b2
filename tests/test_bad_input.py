"""Whatever bytes come: an error raised on purpose, or a program that runs. Never a crash.

Native code runs in a process of its own, so that a crash there is a failure here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gabagool.runtime.compiled import Compiled
from tests.differential.smith import generate
from tests.machines import wat
from tests.runtime.garbage import TEXT as GARBAGE
from tests.runtime.test_aggregates import TEXT as AGGREGATES
from tests.runtime.test_bulk import GUEST as BULK
from tests.worker import Worker

PROGRAMS = Path(__file__).resolve().parents[1] / "programs"
NAMES = ("stair_climb", "fib", "collatz", "sieve", "stackvm", "quicksort", "oob")
MODULES = [*((PROGRAMS / f"{name}.wasm").read_bytes() for name in NAMES), wat(BULK),
           wat(AGGREGATES), wat(GARBAGE), *map(generate, (2, 5, 10, 19)),
           *(generate(seed, gc=True) for seed in (1, 4, 7, 12))]
thousands = settings(max_examples=1500, deadline=None,
                     suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    process = Worker()
    yield process
    process.close()


def check(worker: Worker, source: bytes) -> None:
    answer = worker.ask(source)
    assert not answer.startswith(("bug", "died")), f"{answer}\n{source.hex()}"


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A module with some bytes changed, cut out, or put in from elsewhere in it."""
    source = bytearray(draw(st.sampled_from(MODULES)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(8, len(source) - 1))
        match draw(st.sampled_from(("flip", "set", "cut", "copy"))):
            case "flip":
                source[at] ^= 1 << draw(st.integers(0, 7))
            case "set":
                source[at] = draw(st.integers(0, 255))
            case "cut":
                del source[at:at + draw(st.integers(1, 4))]
            case "copy":
                start = draw(st.integers(8, len(source) - 1))
                source[at:at] = source[start:start + draw(st.integers(1, 6))]
        if len(source) < 10:
            break
    return bytes(source)


@thousands
@given(source=mutated())
def test_mutated(worker: Worker, source: bytes) -> None:
    check(worker, source)


@settings(max_examples=400, deadline=None)
@given(source=st.sampled_from(MODULES), share=st.floats(0, 1))
def test_truncated(worker: Worker, source: bytes, share: float) -> None:
    answer = worker.ask(source[:int(share * len(source))])
    assert answer in ("ok", "MalformedError", "ValidationError", "LinkError"), answer


@settings(max_examples=300, deadline=None)
@given(tail=st.binary(max_size=200))
def test_anything_after_a_header(worker: Worker, tail: bytes) -> None:
    check(worker, b"\0asm\1\0\0\0" + tail)


def code_range(source: bytes) -> tuple[int, int]:
    section = next(s for s in Compiled(source).module.sections if s.name == "code")
    return section.start, section.end


@thousands
@given(data=st.data())
def test_mutated_instructions(worker: Worker, data: st.DataObject) -> None:
    """Only code changes, and often into other valid code, which then runs natively."""
    source = bytearray(data.draw(st.sampled_from(MODULES)))
    start, end = code_range(bytes(source))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(start, end - 1))
        source[at] = data.draw(st.one_of(st.integers(0, 255), st.integers(0x20, 0x28),
                                         st.integers(0x67, 0x8A)))
    check(worker, bytes(source))
