"""Who may import whom: the house's rules as a table, and the walk that checks a tree against it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOMS = ("config.py", "wsgi.py", "gateway", "forms", "verification")

# The upper may import the lower and their own floor, by the longest name that fits.
FLOORS = {
    "gateway": 5,  # create_app and the processes: wiring
    "gateway.web": 5,
    "gateway.cli": 5,
    "gateway.jobs": 5,
    "gateway.supervisor": 5,
    "gateway.embedded": 5,
    "gateway.demo": 5,
    "gateway.pipeline": 4,
    "gateway.importing": 4,
    "gateway.exporting": 4,
    "gateway.alike": 4,
    "gateway.alerts": 4,
    "gateway.deciding": 4,
    "gateway.replay": 4,
    "gateway.linking": 4,
    "gateway.merging": 4,
    "gateway.happened": 4,
    "gateway.heard": 4,
    "gateway.reported": 4,
    "gateway.past": 4,
    "gateway.organising": 4,
    "gateway.matching": 4,
    "gateway.correcting": 4,
    "gateway.duplicates": 4,
    "gateway.erasing": 4,
    "gateway.relinking": 4,
    "gateway.rescoring": 4,
    "gateway.calibrating": 4,
    "gateway.standing": 4,
    "gateway.next_questions": 4,
    "gateway.trying": 4,
    "gateway.story": 4,
    "gateway.confirming": 4,
    "gateway.answering": 4,
    "gateway.privacy": 4,
    "gateway.delivery": 4,
    "gateway.gathering": 3,
    "gateway.asking": 3,
    "gateway.renewing": 3,
    "gateway.learning": 3,
    "gateway.outcome_sheet": 3,
    "gateway.scoring": 3,
    "gateway.store": 3,
    "gateway.parts": 3,
    "gateway.posting": 3,
    "gateway.sms": 3,
    "gateway.mail": 3,  # it queues in the store
    "gateway.delivery.destinations": 3,
    "gateway.routing": 3,
    "gateway.delivery.outgoing": 2,
    "gateway.delivery.pacing": 2,
    "gateway.delivery.settings": 2,
    "gateway.delivery.mapping": 2,
    "gateway.delivery.template": 2,
    "gateway.delivery.crm": 2,
    "gateway.delivery.summary": 2,
    "gateway.http": 2,
    "gateway.outside": 2,
    "gateway.files": 2,
    "gateway.terminal": 2,
    "gateway.deduping": 2,
    "gateway.relearning": 2,
    "gateway.sheets": 2,
    "gateway.reasons": 2,
    "gateway.lookups": 2,
    "gateway.valkey": 2,
    "gateway.crowds": 2,
    "gateway.doorbell": 2,
    "gateway.forwarded": 2,
    "gateway.records": 1,
    "gateway.words": 1,
    "gateway.clock": 1,
    "gateway.ids": 1,
    "gateway.net": 1,
    "gateway.logs": 1,
    "gateway.secrets": 1,
    "gateway.processes": 1,
}

# Rooms that see nothing but themselves and what stands here, of ours.
ALONE = {
    "forms": (),
    "verification": ("forms.text", "forms.addresses",),
    "gateway.scoring": ("gateway.records", "gateway.words", "forms"),
    "gateway.routing": ("gateway.records", "gateway.words", "gateway.scoring", "forms"),
    "gateway.delivery.destinations": (
        "gateway.http", "gateway.mail", "gateway.files", "gateway.records", "gateway.delivery.outgoing",
        "gateway.delivery.settings", "gateway.delivery.mapping", "gateway.delivery.template", "gateway.delivery.crm",
        "gateway.delivery.summary",
    ),
}  # fmt: skip

# Rooms without a way out: no application, request, database, network or process.
PURE = ("forms", "verification", "gateway.scoring", "gateway.routing")
NOT_PURE = (
    "flask", "flask_login", "flask_limiter", "flask_wtf", "sqlalchemy", "sqlite3", "psycopg", "redis", "rq",
    "socket", "ssl", "http", "urllib.request", "urllib3", "dns", "smtplib", "subprocess", "threading",
)  # fmt: skip

EDGES = ("gateway.web", "gateway.cli", "gateway.jobs", "gateway.supervisor", "gateway.embedded", "gateway.demo")
# Edges stand side by side: who starts whom is written here.
EDGE_MAY = {
    "gateway.cli": ("gateway.jobs", "gateway.supervisor", "gateway.demo", "gateway"),
    "gateway.jobs": ("gateway",),
}
REQUEST_NAMES = {"current_app", "request", "g", "session"}
WITH_REQUESTS = ("gateway.web", "gateway.demo.site")  # the demo's landing page is an application of its own
SQL_FREE = {"Connection"}  # what may be named outside the store: a connection is handed on, and errors are caught
SPEAKING = ("gateway.cli", "gateway.supervisor")


@dataclass(frozen=True)
class Import:
    importer: str
    target: str  # a module, or a module's name
    line: int


def faults(root: Path) -> list[str]:
    """Every breach under `root`, one line each: file, line and the rule."""
    modules = {_name(root, path): path for path in _files(root)}
    found = []
    for importer, path in modules.items():
        tree = ast.parse(path.read_text("utf-8"))
        for item in _imports(tree, importer, set(modules)):
            found += [f"{path.relative_to(root)}:{item.line}: {rule}" for rule in _breaches(item)]
        found += [f"{path.relative_to(root)}:{line}: {rule}" for line, rule in _speech(tree, importer)]
        found += [f"{path.relative_to(root)}:{line}: {rule}" for line, rule in _flask_attributes(tree, importer)]
    return sorted(found)


def unplaced(root: Path) -> list[str]:
    """Modules of the gateway that stand on no floor of their own."""
    top = {".".join(_name(root, path).split(".")[:2]) for path in _files(root)}
    return sorted(name for name in top if name.startswith("gateway.") and name not in FLOORS)


def _files(root: Path) -> Iterator[Path]:
    for room in ROOMS:
        place = root / room
        yield from [place] if place.is_file() else sorted(place.rglob("*.py"))


def _name(root: Path, path: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(tree: ast.Module, importer: str, modules: set[str]) -> Iterator[Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(importer, alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                ours = (node.module or "").split(".")[0] in {"gateway", "forms", "verification", "config", "wsgi"}
                yield Import(importer, whole if whole in modules or not ours else node.module or "", node.lineno)
            if node.level:
                yield Import(importer, ".", node.lineno)


def _within(name: str, *rooms: str) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def _room(name: str, rooms: tuple[str, ...]) -> str | None:
    """The longest of `rooms` that holds this module."""
    return max((room for room in rooms if _within(name, room)), key=len, default=None)


def _breaches(item: Import) -> Iterator[str]:
    importer, target = item.importer, item.target
    if target == ".":
        yield "relative import: name the module whole"
    alone = _room(importer, tuple(ALONE))
    ours = _within(target, "gateway", "forms", "verification", "config", "wsgi")
    if alone and ours and not _within(target, alone, *ALONE[alone]):
        yield f"{alone} may not import {target}"
    if _within(importer, *PURE) and _within(target, *NOT_PURE):
        yield f"{importer} is pure and may not import {target}"
    yield from _floor_breaches(importer, target)
    yield from _edge_breaches(importer, target)
    if target.startswith("flask.") and target[6:] in REQUEST_NAMES and not _within(importer, *WITH_REQUESTS):
        yield f"{target} is for gateway.web only"
    if _within(target, "sqlalchemy") and not _within(importer, "gateway.store"):
        named = target.removeprefix("sqlalchemy.")
        if named not in SQL_FREE and not named.startswith("exc."):
            yield f"SQL is written in gateway.store only, so not {target} here"


def _floor_breaches(importer: str, target: str) -> Iterator[str]:
    mine, theirs = (_room(name, tuple(FLOORS)) for name in (importer, target))
    if mine and theirs and target != "gateway" and FLOORS[theirs] > FLOORS[mine]:
        yield f"{importer} (floor {FLOORS[mine]}) may not import {target} (floor {FLOORS[theirs]})"


def _edge_breaches(importer: str, target: str) -> Iterator[str]:
    """Nobody imports the edges but the wiring, and whom EDGE_MAY names."""
    mine, theirs = _room(importer, EDGES), _room(target, EDGES)
    if theirs is None or mine == theirs or importer == "gateway":
        return
    if theirs not in EDGE_MAY.get(mine or "", ()):
        yield f"{importer} may not import the edge {target}"


def _speech(tree: ast.Module, importer: str) -> Iterator[tuple[int, str]]:
    if _within(importer, *SPEAKING):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "print":
            yield node.lineno, f"print is for {' and '.join(SPEAKING)}; elsewhere it is a log line"


def _flask_attributes(tree: ast.Module, importer: str) -> Iterator[tuple[int, str]]:
    """`import flask` and then `flask.request`."""
    if _within(importer, *WITH_REQUESTS):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in REQUEST_NAMES and ast.unparse(node.value) == "flask":
            yield node.lineno, f"flask.{node.attr} is for gateway.web only"
