"""What a screen reader or a switch interface says to the browser, over AT-SPI (Debian: python3-gi, gir1.2-atspi-2.0).

Runs under the system's Python, with lines on standard input: `press NAME`, `focus NAME`, `where NAME`; answers
each with a line. NAME is what assistive technology is told a control is called.
"""

import sys
import time
from collections.abc import Iterator
from typing import Any

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402  after the version was required

WANTED = {Atspi.Role.ENTRY, Atspi.Role.CHECK_BOX, Atspi.Role.PUSH_BUTTON, Atspi.Role.HEADING}
BROWSERS = ("chrom", "firefox")


def browser() -> Any:
    for _ in range(60):
        desktop = Atspi.get_desktop(0)
        for index in range(desktop.get_child_count()):
            child = desktop.get_child_at_index(index)
            if child is not None and (child.get_name() or "").lower().startswith(BROWSERS):
                return child
        time.sleep(0.5)
    raise LookupError("no browser on the accessibility bus")


def controls(node: Any, depth: int = 0) -> Iterator[Any]:
    if node is None or depth > 60:
        return
    if node.get_role() in WANTED:
        yield node
    for index in range(node.get_child_count()):
        yield from controls(node.get_child_at_index(index), depth + 1)


def named(name: str, tries: int = 40) -> Any:
    for _ in range(tries):
        for control in controls(browser()):
            if (control.get_name() or "").startswith(name):
                return control
        time.sleep(0.5)
    return None


def do(verb: str, name: str) -> str:
    control = named(name, 1 if verb == "where" else 40)
    if control is None:
        return "nowhere" if verb == "where" else "refused"
    if verb == "where":
        box = control.get_extents(Atspi.CoordType.SCREEN)
        return f"{box.x} {box.y} {box.width} {box.height}"
    return "done" if (control.grab_focus() if verb == "focus" else control.do_action(0)) else "refused"


for line in sys.stdin:
    verb, _, name = line.rstrip("\n").partition(" ")
    print(do(verb, name), flush=True)
