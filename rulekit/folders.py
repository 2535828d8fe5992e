"""Where things are: a project's folder, and folders that rulekit ships (grammar, codes, sample project).

Start-up passes through here, so nothing heavy is imported.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rulekit.errors import SettingsError

FILE_NAME = "rulekit.toml"
_PACKAGE = Path(__file__).parent
# what `--config` names, for the one command that a process runs
_chosen: list[Path] = []


@contextmanager
def using_settings(file: Path) -> Iterator[None]:
    """Takes the settings of every project from this file, and none from the project's own folder."""
    _chosen.append(file.resolve())
    try:
        yield
    finally:
        _chosen.pop()


def settings_file(project: Path) -> Path:
    """Returns the file with the settings of the project in a folder."""
    return _chosen[-1] if _chosen else project / FILE_NAME


def settings_home(project: Path) -> Path:
    """Returns the folder that relative paths in a project's settings start from: that of the file they stand in."""
    return settings_file(project).parent


def find_project(start: Path) -> Path:
    """Returns the nearest folder from `start` upward that holds a `rulekit.toml`; raises SettingsError.

    Where the settings come from another place, nothing in the folder decides where the project begins: `start` is it.
    """
    if _chosen:
        return start.resolve() if start.is_dir() else start.resolve().parent
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


def find_repository(folder: Path) -> Path:
    """Returns the root of the git repository that a folder is in; one that is in none is taken for a root."""
    place = folder.resolve()
    return next((root for root in (place, *place.parents) if (root / ".git").exists()), place)


def roots_for(path: Path, project: Path | None) -> list[Path]:
    """Returns the folders that a link on the way to a path may not lead out of.

    They are the project in hand and every other that the path, as it is given, goes through; each with its repository.
    """
    passed = [folder for folder in path.absolute().parents if (folder / FILE_NAME).is_file()]
    return [root for folder in ([project] if project else []) + passed for root in (folder, find_repository(folder))]


def below_repository(folder: Path) -> str:
    """Returns a folder's path from the root of its git repository, with a slash behind it; empty for the root."""
    place, root = folder.resolve(), find_repository(folder)
    return "" if root == place else f"{place.relative_to(root).as_posix()}/"
