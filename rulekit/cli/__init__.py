"""The command line: one file per command, no logic of its own.

A command's module is imported only when the command is asked for, since editors and hooks start `rulekit` often.
"""

import gc
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rulekit import __version__
from rulekit.diagnostics.display import escape
from rulekit.errors import PluginError, RulekitError, SourceError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# every command: its module, and the line that stands for it in `rulekit --help`
COMMANDS = {
    "check": "Report everything that is wrong with the rules; needs no data.",
    "completion": "Print the script that completes commands and names with the Tab key.",
    "doctor": "Look at the machine, the store, the source and the sender, and say what to do.",
    "erase": "Erase people who want to be forgotten: who they are, and what they were sent.",
    "explain": "Say why a person is in a persona or not, or what a report's code means.",
    "export": "Print the outbox as JSON lines, or all that is kept of one person.",
    "fmt": "Lay rules out in the one way; --check and --diff write nothing.",
    "init": "Make a new project with sample data.",
    "members": "List who is in a persona or segment.",
    "metrics": "Print figures of the outbox in the text format of Prometheus.",
    "outbox": "Look at, approve, unapprove, cancel, resolve and retry emails.",
    "plan": "Show what a run would do; nothing is written.",
    "plugins": "List the plugins, what they add, and those that failed to load.",
    "reconcile": "Say whether every tagging has its answer and every promise is kept.",
    "run": "Run one tick, then send what is due; made for cron.",
    "schema": "Draft the schema from what a source holds, and say what has drifted from it.",
    "sending": "Stop all sending, let it go on, and see how it goes.",
    "serve": "Tick and send all the time, and serve the pages to unsubscribe.",
    "suppress": "Say which addresses may not be mailed.",
    "test": "Run the tests in the rules on a simulated clock.",
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is used, and prints errors in the user's terms."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs the program. No garbage is looked for while it loads: there is none, and looking takes long."""
        gc.disable()
        return super().__call__(*args, **kwargs)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the names of all commands in order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports and returns a command, or None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"rulekit.cli.commands.{cmd_name}").command
        if not gc.isenabled():
            # what was loaded stays, so nobody need look at it again
            gc.freeze()
            gc.enable()
        assert isinstance(command, click.Command)  # noqa: S101 - a slip in our own table
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Returns the commands, or options, that begin like that, without importing any command."""
        from click.shell_completion import CompletionItem

        words = [CompletionItem(name, help=help) for name, help in sorted(COMMANDS.items())]
        return [word for word in words if word.value.startswith(incomplete)] or click.Command.shell_complete(
            self, ctx, incomplete
        )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command, or fails with the one that was probably meant."""
        from rulekit.suggestions import suggest

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            nearest = suggest(args[0], COMMANDS)
            hint = f" Did you mean `{nearest}`?" if nearest else ""
            ctx.fail(f"there is no command `{args[0]}`.{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; what stops it is printed in two lines and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            # the reader of our output has gone (`rulekit members … | head`): not an error worth a word
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        except Exception as error:
            shown = _in_user_terms(error)
            click.echo(f"error: {escape(shown.message)}", err=True)
            if shown.help:
                click.echo(f"help: {escape(shown.help)}", err=True)
            ctx.exit(shown.exit_code)


def _in_user_terms(error: Exception) -> RulekitError:
    """Returns any error in the user's terms; what nobody foresaw is a fault of rulekit, and is said to be one."""
    if isinstance(error, SourceError | PluginError):
        from rulekit.cli.printing.logs import hide_addresses

        # a source or a plugin says what it likes, and this may be the log of a job that others read
        error.message = hide_addresses(error.message)
    if isinstance(error, RulekitError):
        return error
    if isinstance(error, OSError) and error.filename:
        return RulekitError(
            f"{error.filename}: {error.strerror}", help="check that it is there and that you may read and write it"
        )
    import traceback

    place = traceback.extract_tb(error.__traceback__)[-1]
    # what the error says may be a value of a person
    return RulekitError(
        f"rulekit has a fault of its own: {type(error).__name__} ({Path(place.filename).name}:{place.lineno})",
        help="report this line; what was written before is in the store, and nothing is half written",
    )


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="rulekit %(version)s")
def main() -> None:
    """Lifecycle email as code: who should hear from you and when, as text that is checked and run.

    Exit codes: 0 nothing to report; 1 findings, failed tests or a refused change; 2 could not run; 3 changes are
    pending (`plan --detailed-exitcode` only); 4 a source could not be reached.
    """
