"""Ways to the members of records."""

from __future__ import annotations

from debugger.exchange import CommandError
from debugger.source import kinds
from debugger.source.kinds import Member, Type
from debugger.source.rust import variant_members


def path_to(type_: Type, name: str) -> list[Member]:
    """The way to a member: also to one of what has no name itself, or of a base class."""
    record = kinds.bare(type_)
    if record.kind != "record":
        raise CommandError(f"a value of type {kinds.spelled(type_)} has no members")
    found = _path_to(record, name, 0)
    if found is None:
        names = [each.name for each in kinds.members(record) if each.name]
        raise CommandError(f"{kinds.spelled(type_)} has no member '{name}': "
                           f"{', '.join(names[:20]) or 'it is incomplete here'}")
    return found


def _path_to(record: Type, name: str, depth: int) -> list[Member] | None:
    known = [*kinds.members(record), *variant_members(record)]
    for each in known:
        if each.name == name:
            return [each]
    for each in known:
        inner = kinds.bare(each.type)
        if (not each.name or each.base) and inner.kind == "record" and depth < 8:
            found = _path_to(inner, name, depth + 1)
            if found is not None:
                return [each, *found]
    return None
