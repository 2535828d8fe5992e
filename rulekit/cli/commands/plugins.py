"""`rulekit plugins`: what is installed, what it adds, and what failed to load."""

import click

from rulekit.cli.parameters.options import output_option
from rulekit.cli.printing.aligned import escape_line, print_columns, print_json
from rulekit.engine.installed import installed_plugins


@click.command("plugins")
@output_option("text", "json")
def command(output: str) -> None:
    """List the plugins, the hooks they implement, and those that failed to load, with the reason."""
    plugins = installed_plugins()
    if output == "json":
        loaded = [
            {"name": p.name, "distribution": p.distribution, "version": p.version, "hooks": list(p.hooks)}
            for p in plugins.loaded
        ]
        failures = [
            {"name": f.name, "distribution": f.distribution, "version": f.version, "reason": f.reason}
            for f in plugins.failures
        ]
        print_json({"schema_version": 1, "plugins": loaded, "failures": failures})
    else:
        rows = [(p.name, f"{p.distribution} {p.version}".strip(), ", ".join(p.hooks)) for p in plugins.loaded]
        print_columns(["plugin", "from", "hooks"], rows)
        click.echo(f"sources: {', '.join(sorted(plugins.sources))}")
        click.echo(f"senders: {', '.join(sorted(plugins.senders))}")
        for failure in plugins.failures:
            origin = f"{failure.distribution} {failure.version}".strip()
            click.echo(f"failed: {failure.name} ({origin}): {escape_line(failure.reason)}", err=True)
    if plugins.failures:
        raise SystemExit(1)
