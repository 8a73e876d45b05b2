"""Definitions of types as their language writes them: what `ptype` shows."""

from __future__ import annotations

from debugger.source import kinds, rust
from debugger.source.kinds import Member, Type

_MOST = 1000            # members or enumerators that are listed
_INDENT = "    "


def definition(type_: Type) -> str:
    """A type without typedefs: of a record its members, of an enumeration its values."""
    bare = kinds.bare(type_)
    if bare.kind == "pointer":
        to = kinds.bare(kinds.target(bare))
        if to.kind in ("record", "enum", "pointer") and not bare.name:
            return f"{definition(to)} {bare.sign}".replace("* *", "**")
        return kinds.spelled(bare)
    if bare.kind == "array":
        counts = "".join(f"[{n}]" if n >= 0 else "[]" for n in bare.counts)
        return f"{definition(kinds.element(bare) if bare.to is None else bare.to)} {counts}"
    if bare.kind == "enum":
        return _enum(bare)
    return _record(bare) if bare.kind == "record" else kinds.spelled(bare)


def _enum(type_: Type) -> str:
    names, after = [], 0
    for value, name in list(kinds.enumerators(type_).items())[:_MOST]:
        names.append(name if value == after else f"{name} = {value}")
        after = value + 1
    return f"{kinds.spelled(type_)} {{{', '.join(names)}}}"


def _record(type_: Type) -> str:
    members = kinds.members(type_)
    if not members and not type_.size:
        return f"{kinds.spelled(type_)} {{<incomplete type>}}"
    bases = ", ".join(kinds.spelled(each.type) for each in members if each.base)
    head = kinds.spelled(type_) + (f" : {bases}" if bases else "")
    lines = [f"{_INDENT}{_declared(each)};" for each in members[:_MOST] if not each.base]
    lines += [f"{_INDENT}{_variant(each)}" for each in rust.variant_members(type_)]
    return "\n".join([f"{head} {{", *lines, f"}}  /* {type_.size:,} bytes */"])


def _variant(member: Member) -> str:
    inner = [_declared(each) for each in kinds.members(kinds.bare(member.type))]
    return f"{member.name} {{{'; '.join(inner)}}}" if inner else member.name


def _declared(member: Member) -> str:
    """`char name[12]`, `int (*compare)(int)`, `unsigned urgent : 1`."""
    type_, name = member.type, member.name
    if not name and kinds.bare(type_).kind == "record":     # its members are this one's
        text = definition(type_).replace("\n", f"\n{_INDENT}")
    elif type_.kind == "array":
        counts = "".join(f"[{n}]" if n >= 0 else "[]" for n in type_.counts)
        text = f"{kinds.spelled(kinds.element(type_))} {name}{counts}"
    else:
        spelled = kinds.spelled(type_)
        if "(*)" in spelled:
            return spelled.replace("(*)", f"(*{name})", 1)
        text = f"{spelled}{name}" if spelled[-1:] in "*&" and name else f"{spelled} {name}".rstrip()
    return f"{text} : {member.bits}" if member.bits else text
