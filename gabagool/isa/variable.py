"""Variable instructions (spec §2.4.9)."""

from __future__ import annotations

from gabagool.isa.row import EFFECT, VALUE, VECTOR, Form, Row
from gabagool.types import V128

_LOCAL = (("slot", "slot"), ("local", "slot"))
_GLOBAL = (("slot", "slot"), ("global", "global"))

# A frame's slots are untyped: a local moves as its 8 bytes, whatever it holds.
_GET = Form("local.get", VALUE, _LOCAL, lambda e: e.push_local("local"))
_SET = Form("local.set", EFFECT, _LOCAL, lambda e: e.set_local("local", e.pop_raw()), pops=1)
_TEE = Form("local.tee", EFFECT, _LOCAL, lambda e: e.tee_local("local", e.pop_raw()), pops=1)
_GLOBAL_GET = Form("global.get", VALUE, _GLOBAL, lambda e: e.push(e.load_global("global")))
_GLOBAL_SET = Form("global.set", EFFECT, _GLOBAL,
                   lambda e: e.store_global("global", e.pop_raw()), pops=1)

# A v128 has two.
_GET_V128 = Form("local.get+v128", VALUE, _LOCAL, lambda e: e.push_local("local", V128),
                 unit=VECTOR)
_SET_V128 = Form("local.set+v128", EFFECT, _LOCAL, lambda e: e.set_local("local", e.pop(V128)),
                 pops=2, unit=VECTOR)
_TEE_V128 = Form("local.tee+v128", EFFECT, _LOCAL, lambda e: e.tee_local("local", e.pop(V128)),
                 pops=2, unit=VECTOR)
_GLOBAL_GET_V128 = Form("global.get+v128", VALUE, _GLOBAL,
                        lambda e: e.push(e.load_global("global", V128)), unit=VECTOR)
_GLOBAL_SET_V128 = Form("global.set+v128", EFFECT, _GLOBAL,
                        lambda e: e.store_global("global", e.pop(V128)), pops=2, unit=VECTOR)

ROWS = (
    Row("local.get", 0x20, ("localidx",), (), (), "local.get", (_GET, _GET_V128)),
    Row("local.set", 0x21, ("localidx",), (), (), "local.set", (_SET, _SET_V128)),
    Row("local.tee", 0x22, ("localidx",), (), (), "local.tee", (_TEE, _TEE_V128)),
    Row("global.get", 0x23, ("globalidx",), (), (), "global.get",
        (_GLOBAL_GET, _GLOBAL_GET_V128), const=True),
    Row("global.set", 0x24, ("globalidx",), (), (), "global.set",
        (_GLOBAL_SET, _GLOBAL_SET_V128)),
)
