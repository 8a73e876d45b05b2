"""gabagool: a WebAssembly engine whose whole execution state can be snapshotted at any step.

    from gabagool import Instance, Module, Store

    store = Store()
    instance = Instance(store, Module.from_file("programs/fib.wasm"))
    print(instance.exports(store)["fib"](store, 20))
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gabagool.api.face import *  # noqa: F403
    from gabagool.api.face import __all__ as __all__


def __dir__() -> list[str]:
    return sorted({*globals(), *__getattr__("__all__")})


def __getattr__(name: str) -> Any:
    """The public names, imported when first asked for: the command needs only some of them."""
    if name.startswith("__") and name != "__all__":
        raise AttributeError(name)
    from gabagool.api import face

    try:
        value = globals()[name] = getattr(face, name)
    except AttributeError:
        raise AttributeError(f"module 'gabagool' has no attribute '{name}'") from None
    return value
