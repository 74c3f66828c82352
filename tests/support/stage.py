"""Two real servers for a browser: the gateway on 127.0.0.1 and a landing page on localhost (rule 40)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from config import Config
from gateway.clock import utcnow
from gateway.demo.site import create_site
from gateway.parts import Parts
from tests.support import visitor_side
from tests.support.clock import SettableClock


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """The test looks at the browser."""


class _Later:
    """An application that is known once its port is."""

    app: Flask

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self.app(environ, start_response)


@dataclass
class Stage:
    gateway: str  # http://127.0.0.1:…
    landing: str  # http://localhost:…
    parts: Parts
    clock: SettableClock

    def publish(self, *tomls: str, **columns: Any) -> None:
        visitor_side.publish(self.parts, *tomls, **{"origins": [self.landing], **columns})

    def rows(self) -> list[Any]:
        with self.parts.db.read() as conn:
            return visitor_side.rows(conn)


class Servers:
    """Both, until `close`."""

    def __init__(self, make_config: Callable[..., Config], database_url: str, folder: Path) -> None:
        self._doors = (_Later(), _Later())
        self._servers: list[BaseWSGIServer] = [
            make_server("127.0.0.1", 0, door, threaded=True, request_handler=_Quiet) for door in self._doors
        ]
        clock = SettableClock(utcnow())  # the browser has a clock of its own: cookies and challenges go by both
        ports = [server.server_port for server in self._servers]
        config = make_config(DATABASE_URL=database_url, PORT=str(ports[0]))
        app = visitor_side.make_app(config, clock)
        self._doors[0].app = app
        self._doors[1].app = create_site(config.base_url, folder)
        self.stage = Stage(config.base_url, f"http://localhost:{ports[1]}", app.extensions["sarnakh"], clock)
        self._threads = [threading.Thread(target=server.serve_forever, args=(0.05,)) for server in self._servers]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
        for thread in self._threads:
            thread.join()
        for server in self._servers:
            server.server_close()
        self.stage.parts.db.close()
