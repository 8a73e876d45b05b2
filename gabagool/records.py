"""Dataclasses whose methods are written when the first instance is made.

The standard library writes and compiles them where the class is defined, which takes half a
millisecond. Of the hundred classes that a program's start defines it uses a quarter.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:
    def dataclass(cls=None, /, *, slots=False, **options):
        """As `dataclasses.dataclass`."""
        if cls is None:
            return lambda cls: _deferred(cls, slots, options)
        return _deferred(cls, slots, options)

_FIELDS = "__dataclass_fields__"
# What is not the class's own business, and what it gets in another way.
_OWN = frozenset(("__dict__", "__weakref__", "__slots__", "__init__", _FIELDS))
_KEPT = _OWN | {"__doc__", "__setattr__", "__delattr__"}
_lock = threading.RLock()


def _deferred(cls: Any, slots: bool, options: dict[str, Any]) -> Any:
    """The class, with its slots, and with what completes it when that is needed."""
    space = dict(cls.__dict__)
    own = space.get("__annotations__", {})
    if slots:
        cls = _slotted(cls, own)
    defaults = {name: space[name] for name in own if name in space}
    pending = _Pending(cls, defaults, {**options, "slots": slots})
    cls.__init__ = pending.first
    setattr(cls, _FIELDS, pending)
    return cls


def _slotted(cls: Any, own: dict[str, Any]) -> Any:
    """The class again, with a slot for each of its own fields."""
    inherited = {name for base in cls.__mro__[1:] for name in getattr(base, "__slots__", ())}
    space = {name: value for name, value in cls.__dict__.items()
             if name not in own and name not in ("__dict__", "__weakref__")}
    space["__qualname__"] = cls.__qualname__
    space["__slots__"] = tuple(name for name in own if name not in inherited)
    return type(cls)(cls.__name__, cls.__bases__, space)


class _Pending:
    """What is left to be done for a class; found as its fields, it does it."""

    def __init__(self, cls: Any, defaults: dict[str, Any], options: dict[str, Any]) -> None:
        self._cls, self._defaults, self._options = cls, defaults, options
        complete = self._complete

        def first(instance: Any, *args: Any, **kwargs: Any) -> None:
            complete()
            cls.__init__(instance, *args, **kwargs)

        self.first = first

    def __get__(self, instance: object, owner: type) -> Any:
        self._complete()
        return getattr(self._cls, _FIELDS)

    def _complete(self) -> None:
        """Have the standard library write the methods, for a class like this one.

        A thread that makes an instance meanwhile comes here, too, and waits: the `__init__` that
        leads here is replaced when all is done.
        """
        from dataclasses import dataclass as complete

        cls = self._cls
        with _lock:
            if cls.__dict__.get(_FIELDS) is not self:
                return                  # another thread was faster
            slots = cls.__dict__.get("__slots__", ())
            space = {name: value for name, value in cls.__dict__.items()
                     if name not in _OWN and name not in slots}
            like = type(cls)(cls.__name__, cls.__bases__,
                             {**space, "__doc__": cls.__doc__ or "-", **self._defaults})
            made = complete(**self._options)(like).__dict__
            if self._options.get("frozen"):
                cls.__setattr__, cls.__delattr__ = _frozen(cls, made[_FIELDS])
            for name in made.keys() - _KEPT - set(slots) - self._defaults.keys():
                if name not in space or made[name] is not space[name]:
                    setattr(cls, name, made[name])
            for name in self._defaults.keys() - set(slots):
                if name in made:
                    setattr(cls, name, made[name])
                else:
                    delattr(cls, name)
            made["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
            setattr(cls, _FIELDS, made[_FIELDS])
            cls.__init__ = made["__init__"]


def _frozen(cls: Any, fields: Collection[str]) -> tuple[Callable[..., None], ...]:
    """`__setattr__` and `__delattr__` of a frozen class."""
    def check(instance: object, name: str, what: str) -> None:
        if type(instance) is cls or name in fields:
            from dataclasses import FrozenInstanceError

            raise FrozenInstanceError(f"cannot {what} field {name!r}")

    def assign(instance: object, name: str, value: object) -> None:
        check(instance, name, "assign to")
        super(cls, instance).__setattr__(name, value)

    def delete(instance: object, name: str) -> None:
        check(instance, name, "delete")
        super(cls, instance).__delattr__(name)

    return assign, delete
