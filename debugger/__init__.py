"""gaba-debug: a time-travel debugger for WebAssembly, on gabagool's public API.

For scripts and tests: `Session` is a recorded program, `execute` runs the debugger's words on it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from debugger.commands.registry import Context, Result, execute
    from debugger.exchange import Arrival, CommandError
    from debugger.session import Session

__all__ = ["Arrival", "CommandError", "Context", "Result", "Session", "execute"]

_HOMES = {"Arrival": "exchange", "CommandError": "exchange", "Session": "session"}


def __getattr__(name: str) -> object:
    """Loaded when they are asked for: whoever wants one module doesn't wait for the others."""
    if name not in __all__:
        raise AttributeError(f"module 'debugger' has no attribute {name!r}")
    return getattr(import_module(f"debugger.{_HOMES.get(name, 'commands.registry')}"), name)
