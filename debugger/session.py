"""A debugging session: the sole owner of a recorded machine, and its only door.

Everything the app, the commands and batch mode do with a program goes through `Session`. It
has no user interface: it takes plain values and gives back frozen views.

All methods may be called from any thread; they take turns (a lock). Only `pause` doesn't wait.
Motions and searches may take long: call them from a worker, with `cancel` and `progress`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, RLock

from debugger.breakpoints import Breakpoint
from debugger.desk import Desk
from debugger.exchange import Arrival, CommandError, History, Layout, OnProgress
from debugger.navigator import Navigator, Run
from debugger.program import Program, Settings, describe_exports
from debugger.steps import grouped, parse_step
from debugger.views import BreakView, CallsView, CodeView, OutputView, Screen, StateView
from gabagool.runtime.stops import Position
from gabagool.types import FuncType

__all__ = ["Arrival", "CommandError", "Layout", "Session"]
