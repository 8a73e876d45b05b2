"""gabagool: a WebAssembly engine whose whole execution state can be snapshotted at any step.

    from gabagool import Instance, Module, Store

    store = Store()
    instance = Instance(store, Module.from_file("programs/fib.wasm"))
    print(instance.exports(store)["fib"](store, 20))
"""

from gabagool.api.externs import Func, Global, Memory, Table
from gabagool.api.forking import Child, fork
from gabagool.api.linker import Instance, Linker
from gabagool.api.module import Module
from gabagool.api.recordings import (
    Recording,
    continue_recording,
    open_recording,
    save_recording,
    start_recording,
)
from gabagool.api.store import Store
from gabagool.api.suspending import Resumed, resume, suspend
from gabagool.errors import (
    Exit,
    FrameInfo,
    GabagoolError,
    Interrupted,
    LimitError,
    LinkError,
    MalformedError,
    ModuleError,
    SnapshotError,
    Trap,
    ValidationError,
)
from gabagool.runtime.host import Caller
from gabagool.runtime.machine import Machine
from gabagool.runtime.state import Snapshot
from gabagool.runtime.stops import Frame, Position, Stop, StopReason
from gabagool.runtime.store import Limits
from gabagool.types import (
    EXTERNREF,
    F32,
    F64,
    FUNCREF,
    I32,
    I64,
    FuncType,
    GlobalType,
    MemType,
    TableType,
)
from gabagool.types import Limits as SizeLimits
from gabagool.wasi import WasiConfig

__all__ = [
    "EXTERNREF", "F32", "F64", "FUNCREF", "I32", "I64", "Caller", "Child", "Exit", "Frame",
    "FrameInfo", "Func", "FuncType", "GabagoolError", "Global", "GlobalType", "Instance",
    "Interrupted", "LimitError", "Limits", "LinkError", "Linker", "Machine", "MalformedError",
    "MemType", "Memory", "Module", "ModuleError", "Position", "Recording", "Resumed",
    "SizeLimits", "Snapshot", "SnapshotError", "Stop", "StopReason", "Store", "Table",
    "TableType", "Trap", "ValidationError", "WasiConfig", "continue_recording", "fork",
    "open_recording", "resume", "save_recording", "start_recording", "suspend",
]
