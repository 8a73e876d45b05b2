"""The host module `spectest` that the suite's modules import from."""

from __future__ import annotations

from typing import Any

from gabagool.runtime.instantiate import Extern
from gabagool.runtime.store import Store
from gabagool.types import (
    F32,
    F64,
    FUNCREF,
    I32,
    I64,
    FuncType,
    GlobalType,
    Limits,
    MemType,
    TableType,
)

_PRINTS = {"print": (), "print_i32": (I32,), "print_i64": (I64,), "print_f32": (F32,),
           "print_f64": (F64,), "print_i32_f32": (I32, F32), "print_f64_f64": (F64, F64)}
# 666, and 666.6 as floats
_GLOBALS = {"global_i32": (I32, 666), "global_i64": (I64, 666), "global_f32": (F32, 0x4426A666),
            "global_f64": (F64, 0x4084D4CCCCCCCCCD)}


def _ignore(*_: Any) -> None:
    return None


def spectest(store: Store) -> dict[str, Extern]:
    """Its exports by name, allocated in `store`."""
    module: dict[str, Extern] = {}
    for name, params in _PRINTS.items():
        module[name] = store.new_host_func(FuncType(params), _ignore, f"spectest.{name}")
    for name, (t, bits) in _GLOBALS.items():
        module[name] = store.new_global(GlobalType(t), bits)
    module["table"] = store.new_table(TableType(FUNCREF, Limits(10, 20)))
    module["table64"] = store.new_table(TableType(FUNCREF, Limits(10, 20), is64=True))
    module["memory"] = store.new_memory(MemType(Limits(1, 2)))
    return module
