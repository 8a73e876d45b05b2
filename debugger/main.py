"""`gaba-debug`: the command line of the debugger."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from debugger.faults import CommandError
from gabagool.wasi.options import WasiOptions, add_options

if TYPE_CHECKING:
    from debugger.session import Session
    from debugger.settings import Settings

_USAGE_ERROR = 2
_INTERRUPTED = 130

_EPILOG = """\
examples:
  gaba-debug programs/stair_climb.wasm --invoke stair_climb -- 20
  gaba-debug programs/corruption.wasm --break audit
  gaba-debug crash.gaba
  gaba-debug --batch -ex 'continue' -ex 'backtrace' programs/oob.wasm
"""


class _AddScript(argparse.Action):
    """Collects -x and -ex in one list, so that they run in the order given."""

    def __call__(self, _parser: argparse.ArgumentParser, namespace: argparse.Namespace,
                 value: Any, _option: str | None = None) -> None:
        namespace.scripts = [*(namespace.scripts or ()), (str(self.const), value)]


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gaba-debug", description="Time-travel debugger for WebAssembly.",
        usage="gaba-debug [options] PROG.wasm [-- ARGS...]\n"
              "       gaba-debug [options] FILE.gaba", epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("program", metavar="PROG.wasm", nargs="?",
        help="the module to debug (.wat needs gabagool[wat]), or a recording or snapshot (.gaba)")
    add("args", metavar="ARGS", nargs="*",
        help="the program's arguments, or those of the function of --invoke")
    add("--invoke", metavar="NAME", help="call this exported function instead of _start")
    add("--break", metavar="FUNC", action="append", default=[], dest="breaks",
        help="set a breakpoint: a function's name or index, file.c:42, name+0x1c, *0x1f3a")
    add("--source-dir", metavar="DIR", action="append", default=[], dest="source_dirs",
        help="look for source files there")
    add("--live", action="store_true",
        help="let the program of a recording go on where it ends")
    add("--batch", action="store_true", help="no terminal: run commands, print results")
    add("-x", metavar="FILE", action=_AddScript, const="file", dest="scripts",
        help="with --batch: run the commands in a file (- is standard input)")
    add("-ex", metavar="CMD", action=_AddScript, const="text", dest="scripts",
        help="with --batch: run one command")
    add("--json", action="store_true", help="with --batch: one JSON object per command")
    add("--dap", action="store_true",
        help="serve the Debug Adapter Protocol on standard input and output")
    add("--dap-port", metavar="[HOST:]PORT",
        help="serve the Debug Adapter Protocol over TCP (port 0: any that is free)")
    looks = parser.add_argument_group("looks")
    looks.add_argument("--keys", metavar="FILE", help="read keys and other settings from this file "
                       "instead of the user's own")
    looks.add_argument("--theme", metavar="NAME", default="",
                       help="dark, light, colourblind, colourblind-light or mono, this time")
    looks.add_argument("--ascii", action=argparse.BooleanOptionalAction, default=None,
                       help="draw with ASCII alone (by default if the terminal knows no more)")
    add_options(parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the debugger; returns the exit code."""
    options = _parse(sys.argv[1:] if argv is None else argv)
    try:
        return _run(options)
    except CommandError as error:
        print(f"gaba-debug: {error}", file=sys.stderr)
        return _USAGE_ERROR
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # the reader has gone; nothing may be written at interpreter exit either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    """Options stand before `--`; everything after it is the program's, untouched."""
    ours, theirs = list(argv), []
    if "--" in ours:
        at = ours.index("--")
        ours, theirs = ours[:at], ours[at + 1:]
    parser = build_parser()
    options = parser.parse_intermixed_args(ours)
    options.args += theirs
    if not options.batch and (options.scripts or options.json):
        parser.error("-x, -ex and --json need --batch")
    serves = options.dap or options.dap_port is not None
    if serves and (options.program or options.batch):
        parser.error("--dap and --dap-port take no program: the client's launch request names it")
    if not serves and options.program is None:
        parser.error("which program? PROG.wasm is missing")
    return options


def _run(options: argparse.Namespace) -> int:
    if options.dap or options.dap_port is not None:
        from debugger.dap.serving import serve_stdio, serve_tcp
        return serve_stdio() if options.dap_port is None else serve_tcp(options.dap_port)
    if not options.batch and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CommandError("this is not a terminal; use --batch -x FILE or --batch -ex COMMAND")
    if options.batch:
        return _batch(options)
    settings = _settings(options)
    from debugger.app import run_app  # loads Textual, which batch mode does without
    return run_app(lambda: _open(options), os.path.basename(options.program), settings)


def _batch(options: argparse.Namespace) -> int:
    from debugger.batch import Script, run_batch

    scripts = [Script(kind, text) for kind, text in options.scripts or [("file", "-")]]
    with _open(options) as session:
        if session.notice:
            print(f"gaba-debug: {session.notice}", file=sys.stderr)
        return run_batch(session, scripts, as_json=options.json)


def _open(options: argparse.Namespace) -> Session:
    """The session. The engine is loaded here, so that the app has its first picture before."""
    from debugger import keeping
    from debugger.session import Session

    session = Session.open(options.program, invoke=options.invoke, args=options.args,
                           wasi=WasiOptions.of(options), breaks=options.breaks, live=options.live,
                           state=None if options.batch else keeping.directory(),
                           source_dirs=options.source_dirs, asks=not options.batch)
    try:
        if options.batch or not session.exports_to_choose():
            session.require_start()
    except CommandError:
        session.close()
        raise
    return session


def _settings(options: argparse.Namespace) -> Settings:
    """The file's settings, unless the command line or the terminal say otherwise."""
    from debugger import keeping, settings
    from debugger.styles.terminal import wants_ascii, wants_no_color

    if options.keys and not Path(options.keys).is_file():
        raise CommandError(f"{options.keys}: there is no such file of keys")
    found = settings.load(Path(options.keys) if options.keys else settings.default_path())
    plain = found.ascii if options.ascii is None else options.ascii
    if plain is None:
        plain = wants_ascii(os.environ, sys.stdout.encoding or "")
    return replace(found, theme=options.theme or found.theme, ascii=plain,
                   no_color=wants_no_color(os.environ), folder=keeping.directory())


if __name__ == "__main__":
    sys.exit(main())
