"""The closed list of what can happen to a lead, and who may say so (rule 22).

A page's script can be forged by whoever opens the browser's console, so a browser may only tell of looking, clicking
and fetching. What makes somebody a buyer (customer, trial, renewal, outcomes) comes from a server. The edges refuse
what a source may not send; the score leaves it at zero points as well, so that no edge has to be trusted for it.

What an event carries besides its type:
- `name`: what it was done to, in the site's own words: the offer, the assessment, the campaign, a declared name.
- `url`: the page, for `page_view`, `click`, `content_view` and `payment_view`.
- `params["level"]`: `top` or `bottom` of the funnel, see `LEVELS`; from the site's registered pages or the form's
  offer, never from the browser.
- `params["field"]`, `params["value"]`: for `answer`.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.records import Event


@dataclass(frozen=True)
class EventType:
    name: str
    sources: tuple[str, ...]  # of records.Event.source
    what: str  # for docs and for staff who read the table


EVENT_TYPES = (
    EventType("page_view", ("browser", "api"), "a page of the site was opened"),
    EventType("click", ("browser", "api"), "a declared button or link was clicked"),
    EventType("content_view", ("browser", "api"), "a registered page was read: prices, case study, demo, article"),
    EventType("payment_view", ("browser", "api"), "the payment form was opened"),
    EventType("download", ("browser", "form", "api"), "an offer's file was fetched"),
    EventType("custom", ("browser", "api", "staff"), "an event that the site declared, told apart by its name"),
    EventType("submission", ("form", "api"), "a form was sent and accepted"),
    EventType("answer", ("form", "api", "staff"), "one question was answered, in a form or on the phone"),
    EventType("assessment", ("form", "api", "staff"), "an assessment was completed"),
    EventType("newsletter", ("form", "api", "staff"), "signed up for a newsletter"),
    EventType("webinar", ("form", "api", "staff"), "signed up for a webinar, or took part"),
    EventType("contact_request", ("form", "api", "staff", "crm"), "asked to be called, for a demo or for a price"),
    EventType("email_click", ("api", "crm"), "clicked a link in one of our e-mails"),
    EventType("trial_started", ("api",), "began a trial or a free plan"),
    EventType("feature_used", ("api",), "used the product"),
    EventType("renewal_due", ("api",), "a customer's contract is about to end"),
    EventType("unsubscribed", ("form", "api", "staff", "crm"), "wants no more mails"),
    EventType("bounced", ("api", "crm"), "mail to the address comes back"),
    EventType("complained", ("api", "crm"), "called a mail of ours spam"),
    EventType("deal_opened", ("api", "staff", "crm"), "sales opened a deal: idle months pause until it is won or lost"),
    EventType("won", ("api", "staff", "crm"), "the deal was won"),
    EventType("lost", ("api", "staff", "crm"), "the deal was lost"),
    EventType("bad", ("api", "staff", "crm"), "sales says: no real prospect"),
    EventType("customer", ("api", "crm"), "is a customer already"),
)

SENDERS = {kind.name: kind.sources for kind in EVENT_TYPES}
ALLOWED = frozenset((source, kind.name) for kind in EVENT_TYPES for source in kind.sources)
OUTCOMES = frozenset({"won", "customer", "lost", "bad"})

# The level of an event that names none. Content that is registered is content that buyers read, unless it says "top"
# (the article's "views content +30"); a download is a white paper unless it says "bottom" (forms.model.Offer).
LEVELS = {"content_view": "bottom", "download": "top"}


def may_send(source: str, event_type: str) -> bool:
    """Whether this source may tell of events of this type; false for an unknown type."""
    return (source, event_type) in ALLOWED


def level_of(event: Event) -> str:
    """`top` or `bottom` of the funnel; empty for types that have no level."""
    level = event.params.get("level")
    return level if level in ("top", "bottom") else LEVELS.get(event.type, "")
