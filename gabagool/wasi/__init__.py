"""WASI preview 1: what compiled programs need from a system, confined to what they are given."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gabagool.errors import Interrupted
    from gabagool.wasi.config import ConfigError, Sink, Source, WasiConfig
    from gabagool.wasi.program import INPUTS, Wasi

__all__ = ["INPUTS", "ConfigError", "Interrupted", "Sink", "Source", "Wasi", "WasiConfig"]
_MODULES = {"INPUTS": "gabagool.wasi.program", "Wasi": "gabagool.wasi.program",
            "Interrupted": "gabagool.errors"}


def __getattr__(name: str) -> Any:
    """The public names, imported when first asked for: settings don't need the functions."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(
        import_module(_MODULES.get(name, "gabagool.wasi.config")), name)
    return value
