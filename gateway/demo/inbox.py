"""What the make-believe CRM received: JSON lines in a file, one a webhook, each id once."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class InboxLead:
    """One lead as the CRM sees it: its latest state and the versions that brought it there."""

    id: str
    latest: dict[str, Any]
    versions: list[dict[str, Any]] = field(default_factory=list)


class Inbox:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def add(self, webhook_id: str, body: Any) -> bool:
        """Keep a webhook; false when its id was here before."""
        with self._lock:
            if any(row["id"] == webhook_id for row in self.received()):
                return False
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"id": webhook_id, "body": body}, ensure_ascii=False) + "\n")
            return True

    def received(self) -> list[dict[str, Any]]:
        """In the order of arrival: `{"id", "body"}`."""
        if not self._path.is_file():
            return []
        return [json.loads(line) for line in self._path.read_text("utf-8").splitlines() if line]

    def leads(self) -> list[InboxLead]:
        """Each lead once, the one that changed last first. A merged lead's earlier ids lead to the survivor."""
        found: dict[str, InboxLead] = {}
        for row in self.received():
            data = row["body"]["data"]
            lead = found.pop(data["id"], None) or InboxLead(data["id"], data)
            for earlier in data.get("earlier_ids", []):
                merged = found.pop(earlier, None)
                lead.versions = [*(merged.versions if merged else []), *lead.versions]
            lead.versions.append(row["body"])
            if data["version"] >= lead.latest["version"]:
                lead.latest = data
            found[data["id"]] = lead
        return list(reversed(found.values()))

    def clear(self) -> None:
        with self._lock:
            self._path.unlink(missing_ok=True)
