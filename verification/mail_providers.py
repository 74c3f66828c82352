"""Which addresses are one mailbox, by each provider's own published rule, found by the domain alone (rule 9).

Never by MX: a time-out must not change who somebody is, and a company on Google's servers does not have Gmail's
dots. The table is written by hand, since identities that are stored rest on it and must not change with a
dependency; a test compares it with the package `email-normalize`, whose import costs 340 ms and 24 MB.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_HOTMAIL = """at be ca ch cl cz de dk es fi fr gr hu it jp my nl no ph pl pt ro rs se sg sk
 co.id co.il co.in co.jp co.kr co.nz co.th co.uk co.za com com.ar com.au com.br com.hk com.tr com.tw com.vn"""
_LIVE = """at be ca cl cn de dk fi fr hk ie in it jp nl no ph pt ru se
 co.kr co.uk co.za com com.ar com.au com.mx com.my com.ph com.pt com.sg"""
_OUTLOOK = """at be cl com cz de dk es fr hu ie in it jp kr lv my ph pt sa sg sk
 co.id co.il co.nz co.th com.ar com.au com.br com.gr com.tr com.vn"""

_FASTMAIL = """fastmail.cn fastmail.co.uk fastmail.com fastmail.com.au fastmail.de fastmail.es fastmail.fm
 fastmail.fr fastmail.im fastmail.in fastmail.jp fastmail.mx fastmail.net fastmail.nl fastmail.org
 fastmail.se fastmail.to fastmail.tw fastmail.uk fastmail.us 123mail.org airpost.net elitemail.org
 emailplus.org fast-email.com fast-mail.org fastemail.us fastmailbox.net fmail.co.uk imapmail.org
 internet-mail.org mailbolt.com mailcan.com mailhaven.com mailmight.com ml1.net mm.st myfastmail.com
 proinbox.com promessage.com sent.as sent.at sent.com speedymail.org warpmail.net xsmail.com
 yepmail.net your-mail.com"""


def _under(name: str, endings: str) -> frozenset[str]:
    return frozenset(f"{name}.{ending}" for ending in endings.split())


@dataclass(frozen=True)
class MailProvider:
    """What this provider ignores in an address. `source`: where it says so."""

    domains: frozenset[str]
    source: str
    plus: bool = True  # name+anything is name's mailbox
    dots: bool = False  # n.a.m.e is name's mailbox
    names_as_hosts: bool = False  # anything@name.domain is name@domain's mailbox
    same_domain: Mapping[str, str] = field(default_factory=dict)  # alias domain → the domain it is one mailbox with


PROVIDERS = (
    MailProvider(
        frozenset({"gmail.com", "googlemail.com"}),
        "https://support.google.com/mail/answer/7436150 and /10313 (googlemail.com), /22370 (plus)",
        dots=True,
        same_domain={"googlemail.com": "gmail.com"},
    ),
    MailProvider(  # name@hotmail.com and name@outlook.com are two people
        _under("hotmail", _HOTMAIL) | _under("live", _LIVE) | _under("outlook", _OUTLOOK)
        | {"msn.com", "passport.com", "windowslive.com"},
        "https://learn.microsoft.com/exchange/recipients-in-exchange-online/plus-addressing-in-exchange-online",
    ),
    MailProvider(
        frozenset({"icloud.com", "me.com", "mac.com"}),
        "https://support.apple.com/118230",
        same_domain={"me.com": "icloud.com", "mac.com": "icloud.com"},
    ),
    MailProvider(
        frozenset(_FASTMAIL.split()),
        "https://www.fastmail.help/hc/en-us/articles/360060591053",
        names_as_hosts=True,
    ),
    MailProvider(  # dots and hyphens: observed, not published by Proton; its domains: not each holds every name
        frozenset({"proton.me", "protonmail.com", "protonmail.ch", "pm.me"}),
        "https://proton.me/support/addresses-and-aliases",
    ),
    MailProvider(
        frozenset({"yandex.ru", "ya.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua"}),
        "https://yandex.com/support/domain/additional/mailbox-alias.xml",
        same_domain=dict.fromkeys(("ya.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua"), "yandex.ru"),
    ),
    MailProvider(
        frozenset({"zoho.com", "zohomail.com"}),
        "https://www.zoho.com/mail/help/plus-addressing.html",
    ),
    # Yahoo's throw-away names are name-keyword@yahoo.com, where the name alone is nobody's address
    # (https://help.yahoo.com/kb/SLN28815.html): nothing can be taken off.
    MailProvider(
        frozenset({"yahoo.com", "yahoo.co.uk", "yahoo.co.jp", "ymail.com", "rocketmail.com", "aol.com"}),
        "https://help.yahoo.com/kb/SLN28815.html",
        plus=False,
    ),
)  # fmt: skip

BY_DOMAIN = {domain: provider for provider in PROVIDERS for domain in provider.domains}


def canonical_parts(local: str, domain: str) -> tuple[str, str]:
    """The one spelling of this mailbox. Both parts come in lower case, the domain in ASCII."""
    provider = BY_DOMAIN.get(domain)
    if provider is None:
        name, _, parent = domain.partition(".")
        provider = BY_DOMAIN.get(parent)
        if provider is None or not provider.names_as_hosts:
            return local, domain
        local, domain = name, parent
    if local.startswith('"'):
        return local, domain  # quoted: a plus or dot within quotes is no provider's rule
    name = local.partition("+")[0] if provider.plus else local
    name = name.replace(".", "") if provider.dots else name
    return name or local, provider.same_domain.get(domain, domain)


def domains_of(address: str) -> set[str]:
    """Under which domains the mailbox of this canonical address may be written."""
    local, _, domain = address.rpartition("@")
    provider = BY_DOMAIN.get(domain)
    if provider is None:
        return {domain}
    own = {domain, *(alias for alias, same in provider.same_domain.items() if same == domain)}
    return own | ({f"{local}.{name}" for name in own} if provider.names_as_hosts else set())
