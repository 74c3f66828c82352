"""What a screen reader or a switch interface says to the browser, over AT-SPI (Debian: python3-gi, gir1.2-atspi-2.0).

Runs under the system's Python, with lines on standard input: `press NAME`, `focus NAME`; answers each with a line.
NAME is what assistive technology is told a control is called.
"""

import sys
import time
from collections.abc import Iterator
from typing import Any

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402  after the version was required

WANTED = {Atspi.Role.ENTRY, Atspi.Role.CHECK_BOX, Atspi.Role.PUSH_BUTTON}


def browser() -> Any:
    for _ in range(60):
        desktop = Atspi.get_desktop(0)
        for index in range(desktop.get_child_count()):
            child = desktop.get_child_at_index(index)
            if child is not None and "chrom" in (child.get_name() or "").lower():
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


def named(name: str) -> Any:
    for _ in range(40):
        for control in controls(browser()):
            if (control.get_name() or "").startswith(name):
                return control
        time.sleep(0.5)
    raise LookupError(f"nothing is called {name!r}")


def do(verb: str, name: str) -> bool:
    control = named(name)
    return control.grab_focus() if verb == "focus" else control.do_action(0)


for line in sys.stdin:
    verb, _, name = line.rstrip("\n").partition(" ")
    print("done" if do(verb, name) else "refused", flush=True)
