"""Facts about a file for people and scripts; nothing of the program is run."""

from __future__ import annotations

import os

import gabagool.snapshot as snapshot
from gabagool.container import Source, StrPath, name_of
from gabagool.errors import SnapshotError
from gabagool.history import reading
from gabagool.runtime.initial import as_built
from gabagool.runtime.machine import Machine
from gabagool.wasi.settings import named_dirs

_FRAMES = 20


def describe(path: StrPath) -> dict[str, object]:
    """What a snapshot or recording holds, by name. Raises OSError or SnapshotError."""
    with snapshot.located(path) as source:
        about = snapshot.read_about(source)
        outline = snapshot.read_outline(source)
        facts: dict[str, object] = {
            "file": f"{os.fspath(path)}, {source.size:,} bytes", "kind": about.kind,
            "program": about.program, "running": about.entry,
            "modules": [part.hex() for part in outline.hashes],
            "directories": [f"{guest} (was {host})" for host, guest in named_dirs(about.settings)],
        }
        facts |= _recording(source) if about.kind == "recording" else _snapshot(source)
        facts["parts"] = ", ".join(f"{name_of(tag)} {count:,}" for tag, count in _sizes(source))
        if source.damage:
            facts["damage"] = source.damage
        return facts


def _sizes(source: Source) -> list[tuple[bytes, int]]:
    sizes: dict[bytes, int] = {}
    for chunk in source.chunks:
        sizes[chunk.tag] = sizes.get(chunk.tag, 0) + chunk.size
    return list(sizes.items())


def _snapshot(source: Source) -> dict[str, object]:
    """Where the program stands."""
    try:
        store = snapshot.replica(source)
    except SnapshotError as error:
        return {"state": f"not shown: {error}"}
    base = as_built(store)
    state = snapshot.read_state(source, base)
    machine = Machine(store)
    facts: dict[str, object] = {
        "step": state.step,
        "regions": [f"{name}: {region.size:,} bytes" for name, region in state.regions.items()]}
    machine.restore_checked(state)
    facts["stack"] = [f"{i}: {frame}" for i, frame in enumerate(machine.backtrace(_FRAMES))]
    if machine.ended is not None:
        facts["ended"] = machine.ended.reason.value
    return facts


def _recording(source: Source) -> dict[str, object]:
    return reading.facts(source, as_built(snapshot.replica(source)))
