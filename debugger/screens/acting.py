"""Jobs: how what the user wants becomes an action on the session, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event

from textual.binding import BindingsMap
from textual.screen import Screen
from textual.timer import Timer

from debugger.commands.registry import Action, Context, Result, perform
from debugger.exchange import Layout
from debugger.screens import face
from debugger.screens.driver import Driver, Job, Outcome
from debugger.screens.keymap import Keymap
from debugger.screens.looking import Looking, first_used_address
from debugger.screens.tiling import Tiling
from debugger.session import Session
from debugger.views import Progress
from debugger.widgets.log import Log
from debugger.widgets.message_bar import MessageBar

_REFINE_AFTER = 0.06  # seconds of quiet before details are looked up


class Acting(Screen[None]):
    """The half of the debugger's screen that acts. The other half (`MainScreen`) shows; between
    them `Prompting` has the keys."""

    def __init__(self, session: Session, keymap: Keymap, faults: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.session = session
        self.keymap = keymap
        self.faults = faults        # of the user's settings
        self._bindings = BindingsMap.merge([BindingsMap(face.bindings(self.keymap)),
                                            self._bindings])
        self.looking = Looking()
        self.functions: tuple[tuple[int, int, str, str], ...] = ()
        self.looked = False  # the first look is over, or under way
        self.names: list[str] = []
        self.driver = Driver(session, self.layout_wanted, self.job_done, self.show_progress,
                             lambda: self.is_running and self.app.is_running)
        self._refining: Timer | None = None

    # What the other halves provide.

    def layout_wanted(self) -> Layout:
        """What the session is to show, by the sizes of the panes."""
        raise NotImplementedError

    def show_memory(self, address: int) -> None:
        """Shows a byte of memory, and selects it."""
        raise NotImplementedError

    def show_outcome(self, outcome: Outcome) -> None:
        """Gives the panes their views."""
        raise NotImplementedError

    def ask_input(self, job: Job) -> None:
        """Asks for what the program wants to read; then the job goes on."""
        raise NotImplementedError

    @property
    def tiling(self) -> Tiling:
        """The panes."""
        return self.query_one(Tiling)

    @property
    def message_bar(self) -> MessageBar:
        """The line for words to the user."""
        return self.query_one(MessageBar)

    # Jobs

    def submit(self, kind: str, name: str, work: Callable[[Context], Result | None],
               typed: str = "") -> None:  # fmt: skip
        """Gives the driver something to do."""
        self.submit_job(Job(kind, name, work, typed))

    def submit_job(self, job: Job) -> None:
        """The same for a job that has been made already."""
        if not self.looked:
            self.first_look()       # a key that comes this early must not hide where it began
        if self.driver.submit(job):
            self.run_worker(self.driver.drain(), group="session")
        else:
            self.message_bar.say("too much is waiting already: Esc forgets it", fault=True)
        self.message_bar.waiting = self.driver.waiting

    def first_look(self) -> None:
        """What is asked once: where the memory has something to show."""
        self.looked = True

        def work(context: Context) -> Result:
            return Result(data={"used": first_used_address(context.session)})

        self.submit("first", "opening the program", work)

    def look(self) -> None:
        """Shows the same cursor anew, after a change of what is looked at."""
        self.submit("look", "look", lambda _context: None)

    def act(self, action: Action, text: str) -> None:
        """Runs an action of the registry."""
        job = Job("motion", action.help, partial(_run, action, text),
                  word=next(iter(action.words), ""))
        if face.counts(action) and (text or "1").isdecimal():
            job.repeats, job.count = action.id, int(text or 1)
            job.work = lambda context: perform(context, action, str(job.count))
        self.submit_job(job)

    def show_progress(self, progress: Progress | None) -> None:
        """How far a job has come; None when it is done."""
        self.message_bar.progress = progress

    def job_done(self, outcome: Outcome) -> None:
        """Shows what came of a job, and plans to look up what was left out."""
        result, job = outcome.result, outcome.job
        self.message_bar.waiting = self.driver.waiting
        if result is not None and result.quit:
            self.app.exit()
            return
        if result is not None and result.arrival is not None:
            self.looking.code_func = None
        if job.kind == "motion":
            self.looking.frames_first = self.looking.output_end = None
        if outcome.screen is not None:
            self.show_outcome(outcome)
        used = result.data.get("used") if result is not None else None
        if job.kind == "first" and isinstance(used, int) and not self.looking.memory_address:
            self.show_memory(used)
        self._answer(outcome)
        if result is not None and result.arrival is not None and result.arrival.reason == "input":
            self.ask_input(job)
        if job.kind != "refine" or outcome.screen is not None:
            self._refine_later()

    def _answer(self, outcome: Outcome) -> None:
        """Says what the action had to say: in the message line, and if it is long in the log."""
        result, typed = outcome.result, outcome.job.typed
        log = self.query_one(Log)
        if outcome.fault:
            self.message_bar.say(outcome.fault, fault=True)
            log.write(typed or outcome.job.name, outcome.trace or outcome.fault)
        elif result is not None and outcome.job.kind not in ("refine", "hits", "first"):
            said = result.arrival.message if result.arrival is not None else (
                result.text.partition("\n")[0] if result.shown else result.text)
            self.message_bar.say(said)
            printed = result.data.get("printed")
            if isinstance(printed, list) and not typed:
                log.write(outcome.job.name, "\n".join(printed))
                self.tiling.open(log.id or "")
            if typed and result.text:
                log.write(typed, result.text)
                if result.arrival is None and "\n" in result.text and not result.shown:
                    self.tiling.open(log.id or "")

    def _refine_later(self) -> None:
        if self._refining is not None:
            self._refining.stop()
        self._refining = self.set_timer(_REFINE_AFTER, self._refine)

    def _refine(self) -> None:
        if not self.driver.idle:
            return
        layout = self.layout_wanted()

        def work(context: Context) -> Result | None:
            refined = self.session.refine(layout, cancel=context.cancel)
            self._learn(context)
            return Result() if refined else None

        self.submit("refine", "details", work)

    def _learn(self, context: Context) -> None:
        """What palette and completion need: it may take long, so nothing waits for it."""
        if not self.functions and context.session.read_names(context.cancel or Event()):
            functions = context.session.functions()
            self.names = sorted(name for _, _, name, _ in functions)
            self.functions = functions


def _run(action: Action, text: str, context: Context) -> Result:
    return perform(context, action, text)
