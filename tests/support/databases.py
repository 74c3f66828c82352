"""Clean databases, quickly: a copied file, or emptied tables."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import create_engine, text

from gateway.store.migrate import migrate
from gateway.store.tables import metadata


def sqlite_template(folder: Path) -> Path:
    """A migrated, empty SQLite file; its log is folded into it, so that copying one file is enough."""
    path = folder / "template.db"
    migrate(f"sqlite:///{path}")
    return path


def copied(template: Path, folder: Path) -> str:
    """The URL of a copy of `template` in `folder`."""
    path = folder / "sarnakh.db"
    shutil.copyfile(template, path)
    return f"sqlite:///{path}"


def empty(url: str) -> None:
    """Empty the PostgreSQL tables that hold rows, and end what an earlier test left connected."""
    engine = create_engine(url)
    with engine.begin() as conn:
        conn.execute(text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ))  # fmt: skip
        names = conn.scalars(text(_FILLED)).all()
        if names:
            listed = ", ".join(f'"{name}"' for name in names)
            conn.execute(text(f"TRUNCATE {listed} RESTART IDENTITY CASCADE"))
    engine.dispose()


_FILLED = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in metadata.tables)
