"""debugger/docs/source.md is what happens; and CPython with debug info, where there is one."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

import debugger
from debugger import main
from debugger.session import Session
from gabagool.wasi.options import WasiOptions
from tests.debugger.sessions import PROGRAMS, run

PAGE = (Path(debugger.__file__).parent / "docs" / "source.md").read_text()
_CPYTHON = "GABAGOOL_CPYTHON"


def test_the_page_s_session(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    block = re.search(r"```\n\$ (.*)\n((?:.*\n)*?)```", PAGE)
    assert block is not None
    commands = re.findall(r"^\(gaba\) (.*)$", block[2], re.M)
    assert len(commands) > 6
    script = tmp_path / "commands"
    script.write_text("\n".join(commands))
    words = block[1].replace("COMMANDS", str(script)).replace("programs/", f"{PROGRAMS}/").split()
    assert main.main(words[1:]) == 0
    assert capsys.readouterr().out.strip() == block[2].strip()


@pytest.mark.skipif(_CPYTHON not in os.environ, reason=f"{_CPYTHON} names no CPython with debug "
                    "info: python programs/cpython.py builds one")
def test_a_c_function_in_cpython_of_its_own_debug_info() -> None:
    """A breakpoint on a C function, its locals by name and type, and the way there."""
    path = Path(os.environ[_CPYTHON])
    library = os.environ.get("GABAGOOL_CPYTHON_LIB", str(path.parent.parent / "Lib"))
    wasi = WasiOptions(dir=[f"{library}::/lib/python3.11"],
                       env=["PYTHONHOME=/", "PYTHONPATH=/lib/python3.11"])
    script = "print(sorted(['b', 'a'], reverse=True))"
    with Session.open(path, args=["-S", "-c", script], wasi=wasi) as session:
        run(session, "break list_sort_impl if reverse && self->ob_base.ob_size == 2", "continue")
        assert session.calls().frames[0].name == "list_sort_impl"
        values = {each.name: each for each in session.source_values()}
        assert values["self"].type == "PyListObject *" and values["reverse"].type == "int"
        assert run(session, "print self->ob_item[0]->ob_type->tp_name").text.endswith('"str"')
        names = [frame.name for frame in session.calls().frames]
        assert names[-1] == "_start" and "_PyEval_EvalFrameDefault" in names
        line = session.line_at()
        assert line is not None and line.file.endswith("Objects/listobject.c")
        run(session, "next", "reverse-next", "finish")
        assert session.source_notice() == ""
