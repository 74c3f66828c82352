"""Submission, memory and look-ups become evidence: all that the checks may look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from sqlalchemy import Connection

from forms.model import Form
from gateway import renewing
from gateway.learning import learnt_spam
from gateway.lookups import Lookups, MailHosts
from gateway.records import Site, Submission
from gateway.store import confirmations, forms, outside_answers, recent, submissions, visitors
from verification.addresses import email_domain, is_free_mail
from verification.evidence import Evidence, Proof
from verification.lists import disposable_source
from verification.typos import mends

LOOKUP_THREADS = 8
UNKNOWN = MailHosts(hosts=None, exists=None)


def email_of(submission: Submission, form: Form) -> str | None:
    """The answer to the form's e-mail question, if it has one and it was answered."""
    return _answer_of_type(submission, form, "email")


def phone_of(submission: Submission, form: Form) -> str | None:
    """The answer to the form's phone question, in E.164."""
    return _answer_of_type(submission, form, "phone")


def look_up(lookups: Lookups, domains: Iterable[str]) -> dict[str, MailHosts]:
    """Mail hosts of each domain, asked at once. Done outside any transaction: DNS may be slow."""
    wanted = sorted(set(domains))
    with ThreadPoolExecutor(max_workers=LOOKUP_THREADS) as pool:
        return dict(zip(wanted, pool.map(lookups.mail_hosts, wanted), strict=True))


def domains_of(found: Iterable[tuple[Submission, Form]]) -> set[str]:
    """The e-mail domains that a batch needs looked up."""
    addresses = (email_of(submission, form) for submission, form in found)
    return {domain for address in addresses if address and (domain := email_domain(address))}


def gather(
    conn: Connection, submission: Submission, form: Form, *, site: Site, hosts: Mapping[str, MailHosts]
) -> Evidence:
    """Everything a check may look at. A domain that `hosts` does not hold is unknown."""
    renewing.pick_up(conn)
    own = own_evidence(submission, form)
    domain = own.email_domain
    answer = hosts.get(domain, UNKNOWN) if domain else UNKNOWN
    around = recent.around(conn, submission, domain=domain if domain and not is_free_mail(domain) else None)
    return replace(
        own,
        proof=_proof(conn, submission, own.proof),
        same_identifier=_same_identifier(conn, submission, form),
        mail_hosts=answer.hosts,
        email_domain_exists=answer.exists,
        disposable_source=_disposable(site, domain, answer),
        recent_from_block=around.from_block,
        burst_from_block=around.burst_from_block,
        recent_on_form=around.on_form,
        recent_from_domain=around.from_domain,
        recent_same_content=around.same_content,
        recent_near_content=around.near_content,
        learnt_spam=learnt_spam(conn, submission, form),
        confirmed=_confirmed(conn, submission, form),
        outside=outside_answers.of_submission(conn, submission.id) if form.policy.get("outside") else {},
    )


def own_evidence(submission: Submission, form: Form) -> Evidence:
    """What the submission's own row and its form tell, without memory or look-ups: `gateway.replay` builds this part
    anew, and takes everything else from what was kept with the verdict."""
    facts = submission.facts
    email = email_of(submission, form)
    return Evidence(
        channel=submission.channel,
        received_at=submission.received_at,
        answers=submission.answers,
        field_types={field.name: field.type for field in form.fields},
        test=submission.test,
        honeypot=facts.get("honeypot", ""),
        fill_seconds=facts.get("fill_seconds"),
        fields_asked=len(submission.asked),
        script=facts.get("script"),
        user_agent=facts.get("user_agent"),
        missing_headers=tuple(facts.get("missing_headers", ())),
        signals=facts.get("signals", {}),
        proof=facts.get("proof"),
        ticket_use=facts.get("ticket_use", 1),
        email=email,
        email_domain=email_domain(email) if email else None,
        phone=phone_of(submission, form),
    )


def _confirmed(conn: Connection, submission: Submission, form: Form) -> bool:
    """Did the visitor confirm this submission, or before it the same address in the same browser?"""
    if confirmations.of_confirmed(conn, submission.id):
        return True
    if submission.visitor_id is None:
        return False
    lineage = visitors.lineage(conn, submission.site_id, submission.visitor_id)
    earlier = confirmations.confirmed_in_browser(conn, submission.site_id, lineage)
    found = (submissions.get(conn, submission.site_id, one) for one in earlier)
    said = identity_of(submission, form)
    return said is not None and any(
        identity_of(one, forms.version(conn, one.form_id, one.form_version)) == said for one in found if one
    )


def identity_of(submission: Submission, form: Form) -> tuple[str, str] | None:
    """What confirming it proves: exactly this e-mail address, else this number (rule 9)."""
    email, phone = email_of(submission, form), phone_of(submission, form)
    if email:
        return "email", email.lower()
    return ("phone", phone) if phone else None


def _answer_of_type(submission: Submission, form: Form, kind: str) -> str | None:
    names = (field.name for field in form.fields if field.type == kind)
    return next((str(submission.answers[name]) for name in names if submission.answers.get(name)), None)


def _disposable(site: Site, domain: str | None, answer: MailHosts) -> str | None:
    if domain is None:
        return None
    allow, deny = (tuple(site.settings.get(name, ())) for name in ("allow_domains", "deny_domains"))
    return disposable_source(domain, answer.hosts or (), allow=allow, deny=deny)


def _same_identifier(conn: Connection, submission: Submission, form: Form) -> bool:
    """Does a correction carry the identifiers of the submission it corrects (rule 11)? A mistyped domain put right
    is the same person's."""
    if submission.corrects is None:
        return True
    first = submissions.get(conn, submission.site_id, submission.corrects)
    if first is None:
        return False
    before, now = email_of(first, form), email_of(submission, form)
    same_email = before == now or (before and now and mends(before, now))
    return bool(same_email) and phone_of(first, form) == phone_of(submission, form)


def _proof(conn: Connection, submission: Submission, found: Proof | None) -> Proof | None:
    """As the edge found it, unless another ticket brought the same one (rule 21: it counts once)."""
    return "used" if found == "solved" and submissions.proof_was_used(conn, submission) else found
