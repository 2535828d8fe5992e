"""Folders that stand beside the package in a checkout and inside it once installed: the grammar, the sample project."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shipped_folder(name: str) -> Path:
    """Returns the folder of that name, `grammar` or `rules`, wherever rulekit runs from.

    An editable install has no copy inside the package, so the checkout's folder is the second place to look.
    """
    packaged = _PACKAGE / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name
