"""Variable instructions (spec §2.4.9)."""

from __future__ import annotations

from gabagool.isa.row import EFFECT, VALUE, Form, Row

# A frame's slots are untyped: a local moves as its 8 bytes, whatever it holds.
_GET = Form("local.get", VALUE, (("slot", "slot"), ("local", "slot")),
            lambda e: e.push_local("local"))
_SET = Form("local.set", EFFECT, (("slot", "slot"), ("local", "slot")),
            lambda e: e.set_local("local", e.pop_raw()), pops=1)
_TEE = Form("local.tee", EFFECT, (("slot", "slot"), ("local", "slot")),
            lambda e: e.tee_local("local"), pops=1)
_GLOBAL_GET = Form("global.get", VALUE, (("slot", "slot"), ("global", "global")),
                   lambda e: e.push(e.load_global("global")))
_GLOBAL_SET = Form("global.set", EFFECT, (("slot", "slot"), ("global", "global")),
                   lambda e: e.store_global("global", e.pop_raw()), pops=1)

ROWS = (
    Row("local.get", 0x20, ("localidx",), (), (), "local.get", (_GET,)),
    Row("local.set", 0x21, ("localidx",), (), (), "local.set", (_SET,)),
    Row("local.tee", 0x22, ("localidx",), (), (), "local.tee", (_TEE,)),
    Row("global.get", 0x23, ("globalidx",), (), (), "global.get", (_GLOBAL_GET,), const=True),
    Row("global.set", 0x24, ("globalidx",), (), (), "global.set", (_GLOBAL_SET,)),
)
