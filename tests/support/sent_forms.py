"""What a browser would send of a page's form as it stands: every field with a name, in the order of the page."""

from __future__ import annotations

from html.parser import HTMLParser

from werkzeug.datastructures import MultiDict

Pairs = list[tuple[str, str | None]]


class _Reader(HTMLParser):
    def __init__(self, form: str) -> None:
        super().__init__(convert_charrefs=True)
        self.form = form
        self.inside = False
        self.fields: list[tuple[str, str]] = []
        self.area: str | None = None
        self.select: str | None = None
        self.chosen: list[str] = []

    def handle_starttag(self, tag: str, attrs: Pairs) -> None:
        said = dict(attrs)
        if tag == "form":
            self.inside = said.get("id") == self.form
        if not self.inside or (tag != "option" and "name" not in said):
            return
        name, value = said.get("name") or "", said.get("value") or ""
        if tag == "input" and (said.get("type") not in {"checkbox", "radio"} or "checked" in said):
            self.fields.append((name, value if said.get("type") != "checkbox" or "value" in said else "on"))
        elif tag == "textarea":
            self.area = name
            self.fields.append((name, ""))
        elif tag == "select":
            self.select, self.chosen = name, []
        elif tag == "option" and (not self.chosen or "selected" in said):
            self.chosen = [value]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea":
            self.area = None
        elif tag == "select" and self.select is not None:
            self.fields += [(self.select, value) for value in self.chosen]
            self.select = None

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            name, text = self.fields[-1]
            self.fields[-1] = (name, text + data)


def sent(page: str, form: str) -> MultiDict[str, str]:
    """A textarea's first line break is markup, and lines end as browsers end them."""
    reader = _Reader(form)
    reader.feed(page)
    return MultiDict((name, text.removeprefix("\n").replace("\n", "\r\n")) for name, text in reader.fields)


def changed(fields: MultiDict[str, str], changes: dict[str, str | list[str]]) -> MultiDict[str, str]:
    """The same with these fields typed, ticked or chosen otherwise."""
    found = fields.copy()
    for name, said in changes.items():
        found.setlist(name, said if isinstance(said, list) else [said])
    return found
