"""Keys, counts and prompts: how the user says what is wanted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual import events

from debugger.commands.registry import Context, Result, execute
from debugger.screens import face
from debugger.screens.acting import Acting
from debugger.screens.completion import completions
from debugger.screens.driver import Job
from debugger.widgets.hint_bar import HintBar
from debugger.widgets.prompt import END, Completer, Prompt

_MOST_DIGITS = 12


class Prompting(Acting):
    """What keys and prompts begin."""

    _count = ""     # the digits typed so far

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
                 complete=lambda line: completions(line, self.names))  # fmt: skip

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

    def ask_input(self, job: Job) -> None:
        """The program reads its input: what is typed is given to it, and what was done goes on."""

        resumed = job.resumes or job.work

        def answered(text: str) -> None:
            data = "" if text == END else text + "\n"

            def work(context: Context) -> Result | None:
                context.session.type_input(data)
                return resumed(context)

            job.count = 1
            self.submit_job(Job(job.kind, job.name, work, resumes=resumed))

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
