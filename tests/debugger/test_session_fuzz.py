"""Damaged modules: a clear complaint or a working session, never another exception."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sessions import WALK, assembled, run

from debugger.exchange import CommandError, Layout
from debugger.session import Session

GOOD = assembled(WALK)


@settings(max_examples=300, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flips=st.lists(st.tuples(st.integers(8, len(GOOD) - 1), st.integers(1, 255)), max_size=3),
       length=st.integers(0, len(GOOD)) | st.just(len(GOOD)))
def test_flipped_and_cut_modules(tmp_path: Path, flips: list[tuple[int, int]],
                                 length: int) -> None:
    source = bytearray(GOOD)
    for at, change in flips:
        source[at] ^= change
    path = tmp_path / "damaged.wasm"
    path.write_bytes(source[:length])
    try:
        session = Session.open(path, invoke="walk", args=["3"])
    except CommandError as error:
        assert str(error)
        return
    try:
        for line in ("step 300", "bt", "info locals", "info stack", "info functions", "rn", "list",
                     "reverse-finish", "output"):
            run(session, line)
        session.screen(Layout())
    except CommandError as error:
        assert str(error)
    finally:
        session.close()
