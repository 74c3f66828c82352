"""Clicks in mails, of which many are a scanner's: mail servers open every link of a mail to look for malware.

A click counts once a person shows: who sends a form, fetches a file or clicks on a page within a day of it, or opens a
second page some seconds after the first. It counts at that moment. Several clicks within seconds of each other are a
scanner's whatever comes later: a person opens one link and reads.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime, timedelta

from gateway.records import Event
from gateway.scoring.conditions import believed

CLICK = "email_click"

WAITS = timedelta(days=1)  # for a person to show
BURST = timedelta(seconds=10)  # clicks so close to each other …
BURST_OF = 3  # … and so many of them
READS = timedelta(seconds=5)  # a person looks at a page for that long, at least
LOOKS = frozenset({"page_view", "content_view", "payment_view"})  # a scanner that runs scripts opens one, too
ACTS = frozenset({"click", "custom", "download"})  # in a browser


class MailClicks:
    """The clicks of one lead that wait for a person, as events go by in time order."""

    def __init__(self) -> None:
        self.waiting: list[Event] = []
        self.shown: set[str] = set()  # ids of those behind which a person has shown
        self._lately: list[datetime] = []
        self._looked: datetime | None = None  # the first page since

    def take(self, click: Event) -> str:
        """Let it wait; returns the code of its line: `awaits_person` or `scanner_burst`."""
        self._lately = [at for at in self._lately if click.at - at <= BURST] + [click.at]
        self._looked = None
        if len(self._lately) >= BURST_OF:
            self.waiting = [one for one in self.waiting if click.at - one.at > BURST]
            return "scanner_burst"
        self.waiting.append(click)
        return "awaits_person"

    def shown_by(self, event: Event) -> Sequence[Event]:
        """The clicks that count now, since this event is a person's; they wait no longer."""
        self.waiting = [click for click in self.waiting if event.at - click.at <= WAITS]
        if not self.waiting or not self._shows_a_person(event):
            return ()
        found, self.waiting, self._looked = self.waiting, [], None
        self.shown.update(click.id for click in found)
        return found

    def _shows_a_person(self, event: Event) -> bool:
        if event.source in {"form", "staff"}:
            return event.source == "form" or event.type != "answer"  # staff also put right what they did not hear
        if event.source != "browser":
            return False
        if event.type in LOOKS:
            first, self._looked = self._looked, self._looked or event.at
            return first is not None and event.at - first >= READS
        return event.type in ACTS


def by_people(events: Sequence[Event]) -> Sequence[Event]:
    """The same events, in time order, without the clicks in mails behind which no person has shown: they open no stage
    and no segment either."""
    if not any(event.type == CLICK for event in events):
        return events
    clicks = MailClicks()
    for event in events:
        if (clicks.waiting or event.type == CLICK) and believed(event):
            clicks.shown_by(event)
            if event.type == CLICK:
                clicks.take(event)
    return counting(events, clicks.shown)


def counting(events: Sequence[Event], shown: Container[str]) -> Sequence[Event]:
    """The same, where it is known behind which clicks (ids) somebody has shown."""
    return [event for event in events if event.type != CLICK or event.id in shown]
