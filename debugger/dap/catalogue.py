"""Every request that is answered, by name."""

from __future__ import annotations

from debugger.dap import asking, coding, data, editing, inspecting, lifecycle, running

URGENT = lifecycle.URGENT
HANDLERS = {**lifecycle.HANDLERS, **running.HANDLERS, **inspecting.HANDLERS, **coding.HANDLERS,
            **data.HANDLERS, **editing.HANDLERS, **asking.HANDLERS}
