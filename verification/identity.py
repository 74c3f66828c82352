"""Who a submission belongs to, and what it may write: rules 1–9 of trust.

| e-mail given | phone given                     | browser's lead             | answer                        |
| ------------ | ------------------------------- | -------------------------- | ----------------------------- |
| known        | any                             | the same lead              | that lead, browser+email      |
| known        | any                             | another, or none           | that lead, email              |
| unknown      | one that the browser's lead has | has no e-mail              | browser's lead, browser+phone |
| unknown      | any other, or none              | has no e-mail, and they    | browser's lead, browser       |
|              |                                 | went on as that person     |                               |
| unknown      | any                             | anything else              | a new lead                    |
| none         | one that the browser's lead has | yes                        | browser's lead, browser+phone |
| none         | any                             | has no phone yet           | browser's lead, browser       |
| none         | a mobile, of exactly one lead   | has another phone, or none | that lead, phone              |
| none         | of several leads, or of none    | has another phone, or none | a new lead                    |
| none         | a landline                      | has another phone, or none | a new lead                    |
| none         | none                            | yes                        | browser's lead, browser       |
| none         | none                            | none                       | no lead at all                |

An e-mail names one mailbox, so it decides before the browser does. A phone may be a household's or an office's, so
it never decides against an e-mail, and a phone alone never hands somebody's lead an e-mail: else whoever knows a
number could have that person's mail sent to themselves. An unknown e-mail beside the browser's phone-only lead is a
second identifier (rule 4) and begins a second lead, since the browser may be shared, unless the visitor chose
"continue" rather than "I am someone else" (rule 5) or sent that lead's phone along.

A row of a list is the marketer's own word about one person, not what somebody left: there a landline alone finds its
only lead as a mobile does, so that the same list begins nobody anew; two names keep two people apart
(importing.whose).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

# Rule 2, weakest first: where a value stands in it is its strength.
LADDER = ("browser", "typed", "import", "confirmed", "crm", "staff")
Basis = Literal["new", "email", "phone", "browser", "browser+email", "browser+phone"]
Write = Literal["fill", "overwrite", "propose", "same"]


@dataclass(frozen=True)
class IdentityEvidence:
    """What a submission says of who sent it. Addresses in canonical form."""

    email: str | None = None
    phone: str | None = None
    browser_lead: str | None = None  # the lead this browser is linked to: that very record, merged or not
    continued: bool = False  # a recognised browser that went on as the same person (rule 5)
    strength: str = "typed"  # of the identifiers: typed; import by API; confirmed by a mailed link or code
    places: bool = False  # the phone is a landline: a house's or an office's, so that it names nobody (rules 4, 9)


@dataclass(frozen=True)
class Candidate:
    """A lead that shares something with the submission; the same lead may come under several bases."""

    lead_id: str
    basis: str  # email, phone or browser
    emails: Collection[str] = ()  # all that this lead has
    phones: Collection[str] = ()
    confirmed_here: bool = False  # basis browser: this very browser confirmed the lead's address


@dataclass(frozen=True)
class IdentityLink:
    """The stored claim that a submission is a lead's. `lead_id` None: a new lead begins."""

    lead_id: str | None
    basis: Basis
    strength: str  # of LADDER
    related: tuple[str, ...] = ()  # other leads with the same phone: shown to staff, never merged (rule 9)

    @property
    def includes_old(self) -> bool:
        """Same browser and same identifier: the evidence by which the lead came to be is all there (rule 3)."""
        return self.basis in {"browser+email", "browser+phone"}

    @property
    def carries_past_events(self) -> bool:
        """Do the visitor's events of the 30 days before go to the lead (rule 6)?"""
        return self.basis == "new" or self.strength == "confirmed"

    @property
    def gives_consent(self) -> bool:
        """A bare browser gives none (rule 5)."""
        return self.basis != "browser"


def link(evidence: IdentityEvidence, candidates: Sequence[Candidate]) -> IdentityLink | None:
    """The lead that this submission belongs to, a new one, or None: nothing to tell a lead by (rule 4).

    `candidates`: every lead of the site with this e-mail or phone, and the browser's lead.
    """
    browser = _browser_lead(evidence, candidates)
    if evidence.email:
        return _by_email(evidence, candidates, browser)
    if evidence.phone:
        return _by_phone(evidence, candidates, browser)
    return _as(evidence, "browser", browser) if browser else None


def decide_write(current: str | None, new: str, includes_old: bool = False, same_value: bool = False) -> Write:
    """What happens to one value of a lead (rule 3). `current`: its strength, None where the lead has no such fact.

    Typed evidence is anybody's claim, so it is "stronger" than nothing but an empty fact: it overwrites only where
    it includes the old evidence, and never what was confirmed, came from the CRM or was pinned by staff.
    """
    if current is None:
        return "fill"
    if same_value:
        return "same"
    step = LADDER.index(new) - LADDER.index(current)
    if includes_old and step >= 0:
        return "overwrite"
    return "overwrite" if step > 0 and new != "typed" else "propose"


def stronger(one: str, other: str) -> str:
    """The higher of two on the ladder: a value that is seen again keeps its best evidence."""
    return max(one, other, key=LADDER.index)


def _by_email(evidence: IdentityEvidence, candidates: Sequence[Candidate], browser: Candidate | None) -> IdentityLink:
    """E-mail decides alone; what is said of the phone is only shown as related."""
    owner = next((found for found in candidates if found.basis == "email" or evidence.email in found.emails), None)
    if owner and browser and owner.lead_id == browser.lead_id:
        return _as(evidence, "browser+email", browser, related=_phone_leads(evidence, candidates))
    if owner:
        return _as(evidence, "email", owner, related=_phone_leads(evidence, candidates))
    if browser and not browser.emails:
        if evidence.phone in browser.phones:
            return _as(evidence, "browser+phone", browser)
        if evidence.continued:
            return _as(evidence, "browser", browser)
    return _as(evidence, "new", None, related=_phone_leads(evidence, candidates))


def _by_phone(evidence: IdentityEvidence, candidates: Sequence[Candidate], browser: Candidate | None) -> IdentityLink:
    """A phone that several leads share says nothing by itself (rule 9), nor does one that people of a house share."""
    owners = _phone_leads(evidence, candidates)
    if browser and evidence.phone in browser.phones:
        return _as(evidence, "browser+phone", browser, related=owners)
    if browser and not browser.phones:
        return _as(evidence, "browser", browser, related=owners)
    if len(owners) == 1 and not evidence.places:
        owner = next(found for found in candidates if found.lead_id == owners[0])
        return _as(evidence, "phone", owner)
    return _as(evidence, "new", None, related=owners)


def _as(
    evidence: IdentityEvidence, basis: Basis, lead: Candidate | None, *, related: Sequence[str] = ()
) -> IdentityLink:
    own = lead.lead_id if lead else None
    return IdentityLink(own, basis, _strength(evidence, basis, lead), tuple(x for x in related if x != own))


def _strength(evidence: IdentityEvidence, basis: Basis, lead: Candidate | None) -> str:
    if basis == "browser":
        return "browser"
    if basis.startswith("browser+") and lead and lead.confirmed_here:
        return stronger("confirmed", evidence.strength)
    return evidence.strength


def _browser_lead(evidence: IdentityEvidence, candidates: Sequence[Candidate]) -> Candidate | None:
    """The browser's lead with all that its rows among the candidates say."""
    rows = [found for found in candidates if found.basis == "browser" or found.lead_id == evidence.browser_lead]
    if not rows:
        return None
    return Candidate(
        lead_id=rows[0].lead_id,
        basis="browser",
        emails=frozenset().union(*(row.emails for row in rows)),
        phones=frozenset().union(*(row.phones for row in rows)),
        confirmed_here=any(row.confirmed_here for row in rows),
    )


def _phone_leads(evidence: IdentityEvidence, candidates: Sequence[Candidate]) -> tuple[str, ...]:
    found = (row.lead_id for row in candidates if row.basis == "phone" or evidence.phone in row.phones)
    return tuple(dict.fromkeys(found))
