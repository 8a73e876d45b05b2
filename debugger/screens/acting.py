"""Keys, counts, prompts and jobs: how what the user wants becomes an action on the session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event

from textual import events
from textual.binding import BindingsMap
from textual.screen import Screen
from textual.timer import Timer

from debugger.commands.registry import Action, Context, Result, execute, perform
from debugger.exchange import Layout
from debugger.screens import face
from debugger.screens.completion import completions
from debugger.screens.driver import Driver, Job, Outcome
from debugger.screens.keymap import Keymap
from debugger.screens.looking import Looking, first_used_address
from debugger.screens.tiling import Tiling
from debugger.session import Session
from debugger.views import Progress
from debugger.widgets.hint_bar import HintBar
from debugger.widgets.log import Log
from debugger.widgets.message_bar import MessageBar
from debugger.widgets.prompt import END, Completer, Prompt

_REFINE_AFTER = 0.06  # seconds of quiet before details are looked up
_MOST_DIGITS = 12


class Acting(Screen[None]):
    """The half of the debugger's screen that acts. The other half (`MainScreen`) shows."""

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
        self._names: list[str] = []
        self.driver = Driver(session, self.layout_wanted, self.job_done, self.show_progress)
        self._count = ""
        self._refining: Timer | None = None

    # What the showing half provides.

    def layout_wanted(self) -> Layout:
        """What the session is to show, by the sizes of the panes."""
        raise NotImplementedError

    def show_memory(self, address: int) -> None:
        """Shows a byte of memory, and selects it."""
        raise NotImplementedError

    def show_outcome(self, outcome: Outcome) -> None:
        """Gives the panes their views."""
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
        self._submit(Job(kind, name, work, typed))

    def _submit(self, job: Job) -> None:
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
        self._submit(job)

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
            self._ask_input(job)
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
            self._names = sorted(name for _, _, name, _ in functions)
            self.functions = functions

    # Keys

    def action_digit(self, digit: str) -> None:
        """A digit of a count; a 0 before all others is a key like any other."""
        if digit == "0" and not self._count:
            if "0" in self.keymap.keys["start"]:
                self.action_perform("start")
            return
        self._set_count((self._count + digit)[:_MOST_DIGITS])

    def action_typed(self, key: str) -> None:
        """A key of the user's own for a command line."""
        self._set_count("")
        self.command(self.keymap.commands[key])

    def _set_count(self, count: str) -> None:
        self._count = count
        self.message_bar.count = count

    def action_perform(self, id_: str) -> None:
        """A key or a click for this action: at once, or by the command line if it needs arguments.
        """
        count = self._count
        self._set_count("")
        own = getattr(self, f"do_{id_}", None)
        if own is not None:
            own(count)
            return
        action = face.action(id_)
        count = count if face.counts(action) else ""
        if action.needs_arguments:
            self.do_command("")
            self.query_one(Prompt).fill(action.words[0] + " ")
        elif action.keys:
            self.act(action, count)
        else:                           # what it has to say may be long: into the log
            self.command(f"{action.words[0]} {count}".strip())

    # Prompts

    def ask(
        self,
        kind: str,
        label: str,
        answered: Callable[[str], None],
        *,
        hint: str = "",
        complete: Completer | None = None,
    ) -> None:
        """Opens the prompt; `answered` gets what was typed, unless it was nothing."""

        def close(text: str | None) -> None:
            self.tiling.show_prompt(False)
            self.query_one(HintBar).completions = ()
            if text is not None:
                answered(text)

        self.tiling.show_prompt(True)
        self.query_one(Prompt).ask(kind, label, close, hint=hint, complete=complete)

    def takes_key(self, event: events.Key) -> bool:
        """Gives a key to the prompt if it is open; whether it has taken it."""
        if not self.tiling.prompting:
            return False
        return self.query_one(Prompt).key(event.key, event.character)

    def takes_paste(self, text: str) -> bool:
        """The same for pasted text, of which only the first line counts."""
        if self.tiling.prompting and text:
            self.query_one(Prompt).insert(text.splitlines()[0])
        return self.tiling.prompting

    def show_address(self, text: str) -> None:
        """Shows an address in the memory pane."""
        raise NotImplementedError

    def do_command(self, _count: str) -> None:
        """`:`"""
        self.ask("command", ":", self.command, hint="break parse, x/16xb 0x1f40, info locals, …",
                 complete=lambda line: completions(line, self._names))  # fmt: skip

    def command(self, line: str) -> None:
        """Runs a command line, of the screen's own words or of the debugger's."""
        word, _, rest = line.strip().partition(" ")
        if (own := face.by_word(word)) is not None:
            getattr(self, f"do_{own.id}")(rest.strip())
            return
        self.submit("motion", line, lambda context: execute(context, line), typed=line)

    def do_goto(self, count: str) -> None:
        """`g`, or `1234g`."""
        goto = partial(self.act, face.action("goto"))
        if count:
            goto(count)
        else:
            self.ask("step", "go to step ", goto, hint="1234  1.5M  50%  +1k  -3  start  end  'a")

    def do_address(self, _count: str) -> None:
        """`@`"""
        self.ask("address", "memory address ", self.show_address,
                 hint="0x1f40, 8000, &variable, $0 + 8")  # fmt: skip

    def do_mark(self, _count: str) -> None:
        """`m` and a letter."""
        mark = partial(self.act, face.action("mark"))
        self.ask("letter", "mark this step with a letter ", mark, hint="a … z")

    def do_note(self, _count: str) -> None:
        """`i`: writes on this step."""
        note = partial(self.act, face.action("note"))
        self.ask("note", "note on this step ", note, hint="what is there to know about it")

    def do_goto_mark(self, _count: str) -> None:
        """`'` and a letter."""
        self.ask("letter", "go to mark ", partial(self.act, face.action("goto_mark")), hint="a … z")

    def _ask_input(self, job: Job) -> None:
        """The program reads its input: what is typed is given to it, and what was done goes on."""

        resumed = job.resumes or job.work

        def answered(text: str) -> None:
            data = "" if text == END else text + "\n"

            def work(context: Context) -> Result | None:
                context.session.type_input(data)
                return resumed(context)

            job.count = 1
            self._submit(Job(job.kind, job.name, work, resumes=resumed))

        self.ask("input", "input for the program ", answered,
                 hint="Enter sends the line, Ctrl-D ends it all, Esc lets it wait")  # fmt: skip

    def do_pause(self, _count: str) -> None:
        """Esc: stops what runs, else takes back what Esc can take back."""
        if self.driver.stop():
            self.message_bar.say("stopped")
        elif self.tiling.maximised:
            self.tiling.maximise("")
        else:
            self.message_bar.say("")

    def do_quit(self, _count: str) -> None:
        """Leaves, whatever is running."""
        self.app.exit()


def _run(action: Action, text: str, context: Context) -> Result:
    return perform(context, action, text)
