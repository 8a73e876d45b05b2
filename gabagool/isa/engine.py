"""Forms that no wasm instruction lowers to: the engine's own words in lowered code."""

from __future__ import annotations

from gabagool.isa.row import CONTROL, Form

FORMS = (
    # Where the outermost frame returns to.
    Form("finish", CONTROL, (), lambda e: e.finish(), steps=0),
    # Stands in for a word with a breakpoint; the shadow code holds the word itself.
    Form("break", CONTROL, (), lambda e: e.breakpoint(), steps=0),
    # Stands in for a word with taps.
    Form("hook", CONTROL, (), lambda e: e.hook(), steps=0),
    # Stands in for a word whose executions are counted and whose last one is noted.
    Form("probe", CONTROL, (), lambda e: e.probe(), steps=0),
)
