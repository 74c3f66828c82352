"""What the e-mail address tells: by its spelling, by the lists, and by what DNS said beforehand."""

from __future__ import annotations

from forms.addresses import mailable
from verification.addresses import is_free_mail, is_role_name, local_part
from verification.evidence import NOT_APPLICABLE, PASS, Evidence, Finding, fail, note, unknown
from verification.typos import suggest


def email_syntax(evidence: Evidence) -> Finding:
    """Can mail be addressed so at all? Internationalised addresses may (RFC 6531); names kept for tests may not."""
    if evidence.email is None:
        return NOT_APPLICABLE
    return PASS if mailable(evidence.email) else fail("email_syntax", weight=60, clears=True)


def mail_host(evidence: Evidence) -> Finding:
    """Does the domain exist and take mail? A silent DNS is unknown, never guilt."""
    domain = evidence.email_domain
    if domain is None:
        return NOT_APPLICABLE
    if evidence.email_domain_exists is False or evidence.mail_hosts == ():
        return fail("dead_domain", weight=60, clears=True, domain=domain)
    return PASS if evidence.mail_hosts else unknown("dns_silent", domain=domain)


def disposable_email(evidence: Evidence) -> Finding:
    """Does the address belong to a throw-away provider, by its domain or its mail host?"""
    if evidence.email_domain is None:
        return NOT_APPLICABLE
    if evidence.disposable_source is None:
        return PASS
    return fail(
        "disposable_email", weight=60, clears=True, domain=evidence.email_domain, list=evidence.disposable_source
    )


def role_address(evidence: Evidence) -> Finding:
    """Is it a post's mailbox (info@, sales@)? For a small firm the only one: noted, held against nobody."""
    if evidence.email is None or evidence.email_domain is None:
        return NOT_APPLICABLE
    name = local_part(evidence.email)
    return note("role_address", name=name.partition("+")[0]) if is_role_name(name) else PASS


def free_mail(evidence: Evidence) -> Finding:
    """Is the provider open to anybody? Noted, since a firm's own domain says more; held against nobody."""
    if evidence.email_domain is None:
        return NOT_APPLICABLE
    return note("free_mail", domain=evidence.email_domain) if is_free_mail(evidence.email_domain) else PASS


def email_typo(evidence: Evidence) -> Finding:
    """Was another domain meant? Noted beside whatever else is found; only the person knows."""
    if evidence.email_domain is None:
        return NOT_APPLICABLE
    meant = suggest(evidence.email_domain, evidence.email_domain_exists)
    return note("email_typo", domain=evidence.email_domain, suggestion=meant) if meant else PASS
