"""An http page and a browser without workers: no crypto.subtle, no Worker, and on the landing page a strict policy.

The names leads.test and shop.test lead to this machine in this browser only; http with such names is not secure.
An extension takes `Worker` away before the page's scripts run.
"""

import json
from pathlib import Path
from urllib.parse import urlsplit

from bench.verification.people.by_hand import agree_and_send, read_the_page, write
from bench.verification.people.desktop import desktop
from bench.verification.target import FIELDS, Target, run

MANIFEST = {
    "manifest_version": 3,
    "name": "old",
    "version": "1",
    "content_scripts": [
        {"matches": ["<all_urls>"], "js": ["old.js"], "run_at": "document_start", "world": "MAIN", "all_frames": True}
    ],
}


def visit(target: Target) -> str:
    folder = Path(target.scratch) / f"old-{target.display}"
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    (folder / "old.js").write_text("delete window.Worker; delete window.SharedWorker;")
    gateway = urlsplit(target.gateway)
    flags = [
        f"--load-extension={folder}",
        "--disable-features=DisableLoadExtensionCommandLineSwitch",
        f"--host-resolver-rules=MAP leads.test {gateway.hostname}, MAP shop.test 127.0.0.1",
    ]
    page = target.page.replace(str(gateway.hostname), "leads.test").replace("//localhost", "//shop.test")
    if target.channel != "hosted":
        page += "&strict=1"
    with desktop(target, page, flags=flags) as seat:
        read_the_page(seat)
        bare = seat.read("!window.isSecureContext && !crypto.subtle && !window.Worker")
        write(seat, FIELDS)
        return agree_and_send(seat) + ("" if bare else ", but with a worker or crypto.subtle")


if __name__ == "__main__":
    run(visit)
