"""Everything around the product: the proxy in front of it, the landing pages, the CRM's inbox and the mail server.

One thread with an event loop. Each loopback address 127.0.<n>.1 stands for a visitor's address of its own: the proxy
appends 198.18.<n>.7 to X-Forwarded-For as nginx does, and it alone is among the product's TRUSTED_PROXIES.
"""

from __future__ import annotations

import asyncio
import html
import json
import threading
import time
from email import message_from_bytes, policy
from typing import Any

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web
from aiosmtpd.controller import Controller

PROXY_ADDRESS = "127.0.0.2"  # the proxy's own, as the product sees it
HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "proxy-connection", "content-length"}
NOT_OURS = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")  # added by the library unless told not to
STRICT = "default-src 'none'; script-src {gw}; connect-src {gw}; frame-src {gw}; style-src 'unsafe-inline'"


class World:
    """`base` is the first of five ports: proxy, product, inbox, landing pages, mail."""

    def __init__(self, base: int) -> None:
        self.proxy, self.product, self.hook, self.landing, self.smtp = range(base, base + 5)
        self.received: list[dict[str, Any]] = []
        self.mails: list[dict[str, str]] = []
        self.posts: dict[str, list[dict[str, Any]]] = {}
        self.clients: ClientSession
        self._loop = asyncio.new_event_loop()

    def start(self) -> None:
        ready = threading.Event()
        threading.Thread(target=self._run, args=(ready,), daemon=True).start()
        if not ready.wait(20):
            raise SystemExit("the surroundings did not start")
        self._mail = Controller(_Mailbox(self.mails), hostname="127.0.0.1", port=self.smtp)
        self._mail.start()

    def stop(self) -> None:
        self._mail.stop()
        asyncio.run_coroutine_threadsafe(self.clients.close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._open())
        ready.set()
        self._loop.run_forever()

    async def _open(self) -> None:
        connector = TCPConnector(local_addr=(PROXY_ADDRESS, 0), limit=0)
        self.clients = ClientSession(
            connector=connector, auto_decompress=False, skip_auto_headers=NOT_OURS, timeout=ClientTimeout(total=60)
        )
        await _serve("0.0.0.0", self.proxy, self._pass_on)  # only loopback arrives: see _pass_on
        await _serve("127.0.0.1", self.hook, self._take_lead)
        await _serve("127.0.0.1", self.landing, self._landing_page)

    async def _pass_on(self, request: web.Request) -> web.Response:
        local = request.transport.get_extra_info("sockname")[0]  # type: ignore[union-attr]
        if not local.startswith("127."):
            return web.Response(status=403)
        lane = int(local.split(".")[2])
        body = await request.read()
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in HOP]
        claimed = [value for name, value in headers if name.lower() == "x-forwarded-for"]
        headers = [(name, value) for name, value in headers if name.lower() != "x-forwarded-for"]
        headers.append(("X-Forwarded-For", ", ".join([*claimed, f"198.18.{lane}.7"])))
        if request.method == "POST":
            self._record(str(lane), request, headers, body)
        url = f"http://127.0.0.1:{self.product}{request.raw_path}"
        async with self.clients.request(
            request.method, url, headers=headers, data=body or None, allow_redirects=False
        ) as reply:
            kept = [(name, value) for name, value in reply.headers.items() if name.lower() not in HOP]
            answer = web.Response(status=reply.status, body=await reply.read())
            answer.headers.clear()
            answer.headers.extend(kept)
            return answer

    def _record(self, lane: str, request: web.Request, headers: list[tuple[str, str]], body: bytes) -> None:
        """Keep what was posted, so that the replay has a genuine body to send again."""
        post = {"path": request.raw_path, "headers": headers, "body": body.decode("utf-8", "replace")}
        self.posts.setdefault(lane, []).append(post | {"at": time.time()})

    async def _take_lead(self, request: web.Request) -> web.Response:
        self.received.append({"at": time.time(), **json.loads(await request.read())})
        return web.Response(status=204)

    async def _landing_page(self, request: web.Request) -> web.Response:
        gateway = html.escape(request.query.get("gw", ""), quote=True)
        lang = "fa" if request.query.get("lang") == "fa" else "en"
        form = (
            f'<lead-form form="talk"{" frame" if request.path == "/frame" else ""}>{_link(gateway, lang)}</lead-form>'
        )
        if request.path == "/bare":
            form = f'<iframe src="{gateway}/f/talk/frame?lang={lang}" title="Form" width="700" height="900"></iframe>'
        page = PAGE.format(lang=lang, dir="rtl" if lang == "fa" else "ltr", gateway=gateway, form=form)
        headers = {"Content-Security-Policy": STRICT.format(gw=gateway)} if request.query.get("strict") else {}
        return web.Response(text=page, content_type="text/html", headers=headers)


PAGE = """<!doctype html><html lang="{lang}" dir="{dir}"><head><meta charset="utf-8"><title>Parsian Tools</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<script async src="{gateway}/embed.js"></script>
<style>body {{ max-width: 44rem; margin: 1rem auto; font: 16px sans-serif }}</style></head>
<body><h1>Parsian Tools</h1><p>Forms that people like to fill in. Tell us what you need.</p>{form}</body></html>"""


def _link(gateway: str, lang: str) -> str:
    return f'<a id="fallback" href="{gateway}/f/talk?lang={lang}">Open the form</a>'


async def _serve(host: str, port: int, answer: Any) -> None:
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()


class _Mailbox:
    def __init__(self, kept: list[dict[str, str]]) -> None:
        self._kept = kept

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  the library's name
        mail = message_from_bytes(envelope.content, policy=policy.default)
        text = mail.get_body(("plain",))
        for recipient in envelope.rcpt_tos:
            self._kept.append(
                {"to": recipient, "subject": str(mail["subject"]), "text": text.get_content() if text else ""}
            )
        return "250 kept"
