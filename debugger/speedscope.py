"""Profiles for speedscope (speedscope.app): its file format, as of version 0.0.1 of the schema."""

from __future__ import annotations

import json
from collections.abc import Iterator

from debugger.answers import ProfileView

_SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def speedscope(view: ProfileView, name: str) -> str:
    """A profile as JSON text. Values are steps; a path of calls is one span, the heaviest first:
    order in time is not kept, sums are exact."""
    frames = sorted({(row.instance, row.funcidx, row.name) for row in view.paths if row.name})
    numbers = {frame: i for i, frame in enumerate(frames)}
    title = f"{name}, steps {view.first:,} to {view.last:,}"
    return json.dumps({
        "$schema": _SCHEMA,
        "name": title,
        "exporter": "gaba-debug",
        "activeProfileIndex": 0,
        "shared": {"frames": [{"name": each[2]} for each in frames]},
        "profiles": [{
            "type": "evented", "name": title, "unit": "none",
            "startValue": 0, "endValue": view.paths[0].total,
            "events": list(_events(view, numbers)),
        }],
    }, ensure_ascii=False)


def _events(view: ProfileView,
            numbers: dict[tuple[int, int, str], int]) -> Iterator[dict[str, object]]:
    """Paths opened and closed, depth first; without recursion, however deep they are."""
    children: list[list[int]] = [[] for _ in view.paths]
    for i, row in enumerate(view.paths[1:], 1):
        children[row.parent].append(i)
    at = 0
    todo = [(0, False)]
    while todo:
        number, open_ = todo.pop()
        row = view.paths[number]
        frame = numbers.get((row.instance, row.funcidx, row.name))
        if open_:
            yield {"type": "C", "frame": frame, "at": at}
            continue
        if frame is not None:
            yield {"type": "O", "frame": frame, "at": at}
            todo.append((number, True))
        nested = [child for child in children[number] if view.paths[child].total]
        nested.sort(key=lambda child: view.paths[child].total)
        todo += [(child, False) for child in nested]
        at += row.steps
