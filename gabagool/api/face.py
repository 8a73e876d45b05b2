"""What `from gabagool import …` offers, in one place."""

from gabagool.api.exceptions import Tag, WasmException
from gabagool.api.externs import Global, Memory, Table
from gabagool.api.forking import Child, fork
from gabagool.api.functions import Func
from gabagool.api.linker import Instance, Linker
from gabagool.api.module import Module
from gabagool.api.objects import I31, ArrayRef, ObjectRef, StructRef
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
    TextError,
    Thrown,
    Trap,
    ValidationError,
)
from gabagool.runtime.host import Caller
from gabagool.runtime.limits import Limits
from gabagool.runtime.machine import Machine
from gabagool.runtime.objects import ObjectView
from gabagool.runtime.state import Snapshot
from gabagool.runtime.stops import Frame, Position, Stop, StopReason
from gabagool.types import (
    EXNREF,
    EXTERNREF,
    F32,
    F64,
    FUNCREF,
    I32,
    I64,
    ArrayType,
    FieldType,
    FuncType,
    GlobalType,
    MemType,
    StructType,
    TableType,
    TagType,
)
from gabagool.types import Limits as SizeLimits
from gabagool.wasi import WasiConfig

__all__ = [
    "EXNREF",
    "EXTERNREF",
    "F32",
    "F64",
    "FUNCREF",
    "I31",
    "I32",
    "I64",
    "ArrayRef",
    "ArrayType",
    "Caller",
    "Child",
    "Exit",
    "FieldType",
    "Frame",
    "FrameInfo",
    "Func",
    "FuncType",
    "GabagoolError",
    "Global",
    "GlobalType",
    "Instance",
    "Interrupted",
    "LimitError",
    "Limits",
    "LinkError",
    "Linker",
    "Machine",
    "MalformedError",
    "MemType",
    "Memory",
    "Module",
    "ModuleError",
    "ObjectRef",
    "ObjectView",
    "Position",
    "Recording",
    "Resumed",
    "SizeLimits",
    "Snapshot",
    "SnapshotError",
    "Stop",
    "StopReason",
    "Store",
    "StructRef",
    "StructType",
    "Table",
    "TableType",
    "Tag",
    "TagType",
    "TextError",
    "Thrown",
    "Trap",
    "ValidationError",
    "WasiConfig",
    "WasmException",
    "continue_recording",
    "fork",
    "open_recording",
    "resume",
    "save_recording",
    "start_recording",
    "suspend",
]
