"""Where things are: a project's folder, and folders that rulekit ships (grammar, codes, sample project).

Start-up passes through here, so nothing heavy is imported.
"""

from pathlib import Path

from rulekit.errors import SettingsError

FILE_NAME = "rulekit.toml"
_PACKAGE = Path(__file__).parent


def find_project(start: Path) -> Path:
    """Returns the nearest folder from `start` upward that holds a `rulekit.toml`; raises SettingsError."""
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / FILE_NAME).is_file():
            return folder
    raise SettingsError(
        f"there is no {FILE_NAME} here or in a folder above",
        help="run `rulekit init` to make a project, or say where it is with `--project DIR`",
    )


def shipped_folder(name: str) -> Path:
    """Returns the folder `grammar`, `rules` or `docs/codes`, wherever rulekit runs from.

    An editable install has no copy inside the package, so the checkout's folder is the second place to look.
    """
    packaged = _PACKAGE / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name
