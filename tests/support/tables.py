"""Which of a folder's things stand on no table."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection
from pathlib import Path

Wanted = Callable[[ast.stmt], str | None]  # the name that has to be registered, or None


def unregistered(folder: Path, wanted: Wanted, registered: Collection[tuple[str, str]]) -> list[str]:
    """What the folder's files define and the table does not hold, and files that define nothing for it.

    `registered` are pairs of a file's stem and a name in it.
    """
    faults = []
    for path in sorted(folder.glob("*.py")):
        if path.stem in {"__init__", "__main__"}:
            continue
        names = [name for node in ast.parse(path.read_text("utf-8")).body if (name := wanted(node))]
        if not names:
            faults.append(f"{path.name} defines nothing for the table")
        faults += [f"{path.name}: {name}" for name in names if (path.stem, name) not in registered]
    return faults


def check(node: ast.stmt) -> str | None:
    """A public function that returns a Finding."""
    if not isinstance(node, ast.FunctionDef) or node.returns is None or node.name.startswith("_"):
        return None
    return node.name if ast.unparse(node.returns) == "Finding" else None


def kind(node: ast.stmt) -> str | None:
    """`KIND = …` or `KIND: Kind[…] = …`."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return next((target.id for target in targets if isinstance(target, ast.Name) and target.id == "KIND"), None)


def command(node: ast.stmt) -> str | None:
    """A function under `@click.command` or `@click.group`, but not one that its group holds already."""
    if not isinstance(node, ast.FunctionDef):
        return None
    words = [ast.unparse(decorator).split("(")[0] for decorator in node.decorator_list]
    return node.name if {"click.command", "click.group"} & set(words) else None
