"""`rulekit completion`: the script that teaches a shell rulekit's words."""

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the script that completes commands, options, and the names in the rules with the Tab key.

    For bash, put `eval "$(rulekit completion bash)"` into ~/.bashrc; likewise for zsh. For fish, write the script into
    ~/.config/fish/completions/rulekit.fish.
    """
    from rulekit.cli import main

    completion = get_completion_class(shell)
    assert completion is not None  # noqa: S101 - click knows all of SHELLS
    click.echo(completion(main, {}, "rulekit", "_RULEKIT_COMPLETE").source())
