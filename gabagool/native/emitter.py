"""The emitter: what the semantics cells of `isa` rows call to describe themselves in LLVM IR.

One emitter builds one handler, for one form or for a fused sequence of forms. Within a sequence
operands that one form produces and the next consumes stay SSA values and never reach their slot:
they are dead at every boundary where the sequence can be observed. Local writes are deferred to
the end, so that a form that traps can still hand the whole sequence back to the plain handlers.
"""

from __future__ import annotations

from gabagool.isa.row import Form
from gabagool.native.access import Access
from gabagool.native.ir_types import FusionError
from gabagool.native.objects import Objects
from gabagool.native.vector import Vector


class Emitter(Vector, Access, Objects):
    """Builds one handler over `forms`; see the module's docstring and `core.Core`."""

    def build(self) -> None:
        """Emit the fuel check, every form, and the dispatch to what follows."""
        self._charge(sum(form.steps for form in self.forms))
        for form in self.forms:
            if self.closed:
                raise FusionError("a control form must be the last")
            self.form = form
            self._apply(form)
            self.at += form.size
        if not self.closed:
            self.at -= self.form.size
            self.next()

    def _charge(self, steps: int) -> None:
        if not steps:
            return
        self.fuel_left = self.b.sub(self.fuel, self.i64(steps))
        short = self.b.icmp_signed("<", self.fuel_left, self.i64(0))
        with self.cold(short):
            self.bail("fuel")

    def _apply(self, form: Form) -> None:
        if form.sem is None:
            self.stop("service")
            return
        operands = [self.pop(t) for t in reversed(form.params)]
        result = form.sem(self, *reversed(operands))
        if form.results:
            self.push(result)
