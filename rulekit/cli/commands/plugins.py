"""`rulekit plugins`: what is installed, what it adds, and what failed to load."""

from pathlib import Path

import click

from rulekit.cli.parameters.options import given_project_option, output_option
from rulekit.cli.printing.aligned import escape_line, print_columns, print_json
from rulekit.engine.installed import all_plugins, installed_plugins
from rulekit.errors import SettingsError
from rulekit.folders import find_project
from rulekit.settings.model import load_settings


@click.command("plugins")
@output_option("text", "json")
@given_project_option()
def command(output: str, project: Path | None) -> None:
    """List the plugins, the hooks they implement, and those that failed to load, with the reason.

    What the settings of the project do not allow is named, and not loaded. Without a project, all is loaded.
    """
    folder = _folder(project)
    plugins = all_plugins() if folder is None else installed_plugins(folder, load_settings(folder))
    if output == "json":
        loaded = [
            {"name": p.name, "distribution": p.distribution, "version": p.version, "hooks": list(p.hooks)}
            for p in plugins.loaded
        ]
        failures = [
            {"name": f.name, "distribution": f.distribution, "version": f.version, "reason": f.reason}
            for f in plugins.failures
        ]
        forbidden = [{"name": f.name, "distribution": f.distribution, "version": f.version} for f in plugins.forbidden]
        print_json({"schema_version": 1, "plugins": loaded, "failures": failures, "not_allowed": forbidden})
    else:
        rows = [(p.name, f"{p.distribution} {p.version}".strip(), ", ".join(p.hooks)) for p in plugins.loaded]
        print_columns(["plugin", "from", "hooks"], rows)
        click.echo(f"sources: {', '.join(sorted(plugins.sources))}")
        click.echo(f"senders: {', '.join(sorted(plugins.senders))}")
        for one in plugins.forbidden:
            origin = f"{one.distribution} {one.version}".strip()
            click.echo(f"not allowed: {one.name} ({origin}): `allow` under [plugins] does not name it")
        for failure in plugins.failures:
            origin = f"{failure.distribution} {failure.version}".strip()
            click.echo(f"failed: {failure.name} ({origin}): {escape_line(failure.reason)}", err=True)
    if plugins.failures:
        raise SystemExit(1)


def _folder(project: Path | None) -> Path | None:
    """Returns the project's folder; plugins are also looked at before there is one."""
    try:
        return find_project(project or Path.cwd())
    except SettingsError:
        if project is not None:
            raise
        return None
