"""What a client without a browser makes of our form: fields by their names, the hidden ones as they came."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urljoin

from lxml import html

from bench.verification.target import Target

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)
HEADERS = {
    "User-Agent": CHROME,
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language": "en-US,en;q=0.9",
    "Sec-Ch-Ua": '"Chromium";v="156", "Not)A;Brand";v="24"',
    "Sec-Ch-Ua-Mobile": "?0",
    "Sec-Ch-Ua-Platform": '"Windows"',
    "Upgrade-Insecure-Requests": "1",
}


def page_of(target: Target) -> str:
    """Where the form stands as markup: its own page or its frame."""
    path = "frame" if target.channel == "frame" else ""
    return f"{target.gateway}/f/{target.form}{'/' + path if path else ''}?lang={target.lang}"


def spec_of(target: Target) -> str:
    return f"{target.gateway}/f/{target.form}/spec"


def filled(page: str, target: Target) -> tuple[str, dict[str, str]]:
    """Where to post and what: the hidden fields as served, the known ones filled in, boxes ticked."""
    tree = html.fromstring(page)
    form = next(one for one in tree.iter("form") if one.get("action", "").endswith(f"/f/{target.form}"))
    data = {}
    for node in form.xpath(".//input|.//textarea|.//select"):
        name = node.get("name")
        if not name:
            continue
        if name in target.answers:
            data[name] = target.answers[name]
        elif node.get("type") == "checkbox":
            data[name] = node.get("value", "on")
        else:
            data[name] = node.get("value") or ""
    return urljoin(target.gateway, form.get("action")), data


def body(spec: dict[str, Any], target: Target, **more: Any) -> dict[str, Any]:
    """The JSON that the embed's form would send, without its script."""
    consents = {f"consent_{one['purpose']}": "yes" for one in spec["consents"]}
    page = {"url": f"{target.landing}/", "referrer": "", "utm": {}}
    return {"_ticket": spec["ticket"], "_page": page, **target.answers, **consents, **more}


def remark(status: int, text: str) -> str:
    """What the reply looked like, for whoever reads the benchmark's table."""
    if status == 200 and text.startswith("{"):
        return f"200 {json.loads(text).get('status')}"
    return f"{status}"
