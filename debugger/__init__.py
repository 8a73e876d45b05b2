"""gaba-debug: a time-travel debugger for WebAssembly, on gabagool's public API.

For scripts and tests: `Session` is a recorded program, `execute` runs the debugger's words on it.
"""

from debugger.commands.registry import Context, Result, execute
from debugger.exchange import Arrival, CommandError
from debugger.session import Session

__all__ = ["Arrival", "CommandError", "Context", "Result", "Session", "execute"]
