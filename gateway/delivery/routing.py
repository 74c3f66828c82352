"""Where a lead goes: rules as data, in order (rules 24 and 25). Pure, so that a dry run says the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gateway.records import Destination, Lead

SALES_CELLS = ("A1", "A2", "B1", "B2")
SALES_STAGES = ("SQL", "PQL", "SeQL")


@dataclass(frozen=True)
class Route:
    """One line of a site's routing.

    rule: leads in one of these cells (the ungraded's are –1 to –4), stages or segments. contact: whoever asked to be
    contacted. fallback: whoever must not be lost, asked for contact or stands in a sales stage, and is sent nowhere
    by the others.
    """

    position: int
    kind: Literal["rule", "contact", "fallback"]
    destination_id: str
    cells: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()  # keys; one that the rulebook no longer has speaks for nobody


@dataclass(frozen=True)
class Choice:
    """Why a destination gets the lead: `delivery.choice.<code>`: all, cell, stage, segment, contact, fallback."""

    destination_id: str
    code: str


def route(lead: Lead, routes: Sequence[Route], destinations: Sequence[Destination]) -> list[Choice]:
    """The destinations for this lead, each once, the first reason kept. Disabled ones get nothing; paused ones do:
    their deliveries wait. Test, disqualified, merged and erased leads go nowhere."""
    if lead.test or lead.disqualified or lead.merged_into or lead.erased_at:
        return []
    usable = {one.id: one for one in destinations if one.status != "disabled"}
    ordered = sorted((one for one in routes if one.destination_id in usable), key=lambda one: one.position)
    spoken = [Choice(one.destination_id, code) for one in ordered if (code := _speaks(one, lead))]
    if not spoken and (lead.contact_requested or lead.stage in SALES_STAGES):
        spoken = [Choice(one.destination_id, "fallback") for one in ordered if one.kind == "fallback"][:1]
    everything = [Choice(one.id, "all") for one in usable.values() if one.sends == "all"]
    chosen: Mapping[str, Choice] = {choice.destination_id: choice for choice in reversed([*spoken, *everything])}
    return sorted(chosen.values(), key=[*spoken, *everything].index)


def shipped(destination_id: str) -> tuple[Route, ...]:
    """The routing that a site's first destination brings."""
    return (
        Route(1, "rule", destination_id, SALES_CELLS, SALES_STAGES),
        Route(2, "contact", destination_id),
        Route(3, "fallback", destination_id),
    )


def _speaks(one: Route, lead: Lead) -> str | None:
    if one.kind == "contact":
        return "contact" if lead.contact_requested else None
    if one.kind == "rule":
        return _rule_speaks(one, lead)
    return None


def _rule_speaks(one: Route, lead: Lead) -> str | None:
    if lead.stage in one.stages:
        return "stage"
    if lead.cell in one.cells:
        return "cell"
    return None if set(one.segments).isdisjoint(lead.segments) else "segment"
