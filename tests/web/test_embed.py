"""The embed as it is served: small, cacheable, loaded by any page."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from gateway.parts import Parts
from gateway.web.public import FOR_OTHER_PAGES, LINE_END, lean
from gateway.words import known_keys
from tests.support import visitor_side as side

LIMIT = 6 * 1024  # bytes, gzip


def test_embed_is_at_most_6_kb_gzip(client: FlaskClient):
    reply = client.get("/embed.js", headers={"Accept-Encoding": "gzip, br"})
    assert len(reply.data) <= LIMIT
    assert (reply.headers["Content-Encoding"], reply.vary.as_set()) == ("gzip", {"accept-encoding"})
    plain = client.get("/embed.js")
    assert gzip.decompress(reply.data) == plain.data
    assert "Content-Encoding" not in plain.headers
    assert reply.headers["ETag"] != plain.headers["ETag"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [*((f"/{name}.js", "text/javascript") for name in ("embed", "watch", "typos")), ("/embed.css", "text/css")],
)
def test_embed_may_be_loaded_and_kept_by_any_page(client: FlaskClient, path: str, kind: str):
    reply = client.get(path)
    assert (reply.status_code, reply.mimetype) == (200, kind)
    assert reply.headers["Cache-Control"] == "public, max-age=3600"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    again = client.get(path, headers={"If-None-Match": reply.headers["ETag"]})
    assert again.status_code == 304


def test_served_embed_is_the_source_without_comments_and_indentation():
    source = '// why\n  const a = "http://x"; // goes\n\n/* one */\n  b();\n'
    assert lean(source) == 'const a = "http://x";\nb();\n'


SCRIPTS = [file for file, kind in FOR_OTHER_PAGES.values() if kind == "text/javascript"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_string_is_cut_for_a_comment(name: str):
    lines = (side.ROOT / "static" / name).read_text("utf-8").splitlines()
    code = [LINE_END.sub("", line) for line in lines if LINE_END.search(line)]
    assert all(line.count(mark) % 2 == 0 for line in code for mark in "\"'`")


@pytest.mark.parametrize("name", SCRIPTS)
def test_nothing_stands_over_lines_that_lean_would_cut(name: str):
    source = (side.ROOT / "static" / name).read_text("utf-8")
    assert all(line.count("`") % 2 == 0 for line in source.splitlines() if not line.strip().startswith("//"))
    assert not re.search(r"/\*(?!.*\*/)", "\n".join(source.splitlines()[1:]))


def test_embed_writes_no_html_from_text():
    source = (side.ROOT / "static/embed.js").read_text("utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", source)


def test_spec_has_the_contracts_shape(client: FlaskClient, parts: Parts):
    side.publish(parts, side.EVERYTHING)
    spec = client.get("/f/everything/spec?lang=en").json
    assert spec["theme"] == {"accent": "#7a1fa2", "radius": "2px"}
    assert (spec["form"], spec["version"], spec["lang"], spec["dir"]) == ("everything", 1, "en", "ltr")
    assert set(spec["challenge"]) == {"algorithm", "challenge", "salt", "maxnumber", "signature"}
    fields = {field["name"]: field for field in spec["steps"][0]["fields"]}
    wanted = {"name", "type", "label", "help", "required", "options", "autocomplete", "inputmode"}
    assert all(wanted <= set(field) for field in fields.values())
    assert (fields["size"]["control"], fields["city"]["control"], fields["wants"]["control"]) == (
        "radio",
        "select",
        "checkbox",
    )
    assert (fields["phone"]["dir"], fields["full_name"]["dir"]) == ("ltr", "")
    assert spec["consents"] == [{"purpose": "store", "text": "Keep it.", "required": True}]


def test_spec_is_rendered_once_and_its_ticket_is_fresh(client: FlaskClient, parts: Parts):
    side.publish(parts, side.GUIDE)
    first, second = side.spec(client, "guide"), side.spec(client, "guide")
    assert first["ticket"] != second["ticket"]
    assert first["visitor"] != second["visitor"]
    assert first["challenge"] != second["challenge"]
    own = {"ticket", "visitor", "challenge"}
    assert {name: first[name] for name in first if name not in own} == {
        name: second[name] for name in second if name not in own
    }


def test_every_word_that_the_visitors_side_says_is_in_the_catalogue():
    used: set[str] = set()
    for path in (*Path(side.ROOT / "gateway/web").glob("*.py"), *Path(side.ROOT / "templates/public").glob("*.html")):
        text = path.read_text("utf-8")
        used |= set(re.findall(r'"public\.([a-z_]+)"', text))
        used |= set(re.findall(r'Refused\(\d+, "([a-z_]+)"', text))
    used -= {"spec", "challenge"}  # endpoints
    missing = {code for code in used if f"public.{code}" not in known_keys("public")}
    assert missing == set()
