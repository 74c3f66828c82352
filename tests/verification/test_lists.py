"""Disposable domains: sub-domains and shared mail hosts count, aliases, providers and suffixes never."""

from __future__ import annotations

import re

import pytest
import tldextract
from disposable_email_domains import blocklist
from MailChecker import MailChecker

from verification import lists
from verification.addresses import parents
from verification.data_files import FOLDER, entries
from verification.lists import disposable_source

REVIEWED = "disposable-email-domains 0.0.293"
ALIASES = """aleeas.com slmail.me slmails.com simplelogin.com simplelogin.co 8shield.net 8alias.com dralias.com
 silomails.com passmail.net passinbox.com passfwd.com mozmail.com relay.firefox.com duck.com
 privaterelay.appleid.com icloud.com anonaddy.com anonaddy.me addy.io 4wrd.cc erine.email 33mail.com
 forwardemail.net improvmx.com"""
INSTITUTIONS = """gmail.com googlemail.com outlook.com hotmail.co.uk live.fr yahoo.com yahoo.de ymail.com aol.com
 fastmail.com proton.me gmx.de web.de mail.ru yandex.ru qq.com 163.com naver.com chmail.ir mihanmail.ir
 google.com apple.com microsoft.com amazon.com ibm.com siemens.com samsung.com digikala.com snapp.ir mci.ir
 mit.edu stanford.edu ox.ac.uk cam.ac.uk ut.ac.ir sharif.edu iust.ac.ir tum.de ethz.ch u-tokyo.ac.jp unimelb.edu.au
 com.ar co.uk co.ir ac.ir com.br nom.za zp.ua pp.ua za.com msk.ru
 o-r.kr sara.kro.kr x24hr.com sara.25u.com"""


@pytest.mark.parametrize(
    "domain, source",
    [
        ("mailinator.com", REVIEWED),
        ("a.b.mailinator.com", REVIEWED),
        ("yopmail.com", REVIEWED),
        ("temp-mail.io", "mailchecker 6.0.21"),
        ("now.mefound.com", "mailchecker 6.0.21"),  # one name under a suffix, not all of them
        ("mailinator.com.acme.ir", None),
        ("acme.ir", None),
        ("com", None),
    ],
)
def test_a_listed_domain_counts_with_all_below_it(domain, source):
    assert disposable_source(domain) == source


@pytest.mark.parametrize(
    "domain", [*ALIASES.split(), *(f"sara.{alias}" for alias in ALIASES.split()), *INSTITUTIONS.split()]
)
def test_aliases_providers_universities_and_suffixes_are_never_disposable(domain):
    assert disposable_source(domain) is None


@pytest.mark.parametrize(
    "hosts, source",
    [
        (("mx.acme.ir", "smtp.yopmail.com."), f"{REVIEWED} (mail host yopmail.com)"),
        (("MX9.TinyHost.shop",), "disposable_mx.txt (mail host tinyhost.shop)"),
        (("mail.wallywatts.com", "mail.wabblywabble.com"), "disposable_mx.txt (mail host wallywatts.com)"),
        (("email.chatgpt.org.uk",), "disposable_mx.txt (mail host email.chatgpt.org.uk)"),
        (("generator.email",), f"{REVIEWED} (mail host generator.email)"),
        (("mx.chatgpt.org.uk", "mx37.m1bp.com", "mx4.beavis99.com"), None),
        (("aspmx.l.google.com",), None),
        (("mx1.forwardemail.net", "mx1.improvmx.com", "mx1.simplelogin.co"), None),
        (("in1-smtp.messagingengine.com",), None),
        ((), None),
    ],
)
def test_a_mail_host_shared_with_listed_domains_counts(hosts, source):
    assert disposable_source("fresh.example", hosts) == source


def test_no_mail_host_is_one_that_stands_above_the_lists():
    above = entries("allow.txt") | entries("free_mail.txt") | entries("suffixes.txt")
    assert {name for host in entries("disposable_mx.txt") for name in parents(host)} & above == set()


@pytest.mark.parametrize(
    "domain, hosts, allow, deny, source",
    [
        ("mailinator.com", (), ("mailinator.com",), (), None),
        ("x.mailinator.com", (), ("mailinator.com",), (), None),
        ("fresh.example", ("smtp.yopmail.com",), ("fresh.example",), (), None),
        ("gmail.com", (), (), ("gmail.com",), "site deny list"),
        ("sara.duck.com", (), (), ("duck.com",), "site deny list"),
        ("x.acme.ir", (), ("acme.ir",), ("x.acme.ir",), "site deny list"),
        ("x.acme.ir", (), ("x.acme.ir",), ("acme.ir",), None),
    ],
)
def test_a_sites_own_lists_win(domain, hosts, allow, deny, source):
    assert disposable_source(domain, hosts, allow=allow, deny=deny) == source


def test_the_packages_files_are_read_whole_without_being_run():
    assert lists.REVIEWED.read() == blocklist
    assert lists.GATHERED.read() == MailChecker.blacklist


def test_no_public_suffix_is_in_force():
    extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
    in_force = (lists.REVIEWED.read() | lists.GATHERED.read()) - entries("suffixes.txt")
    assert sorted(in_force & set(extract.tlds)) == []


def test_a_package_that_changed_its_shape_is_noticed():
    strange = lists.PackagedList("mailchecker", "MailChecker.py", re.compile("no such thing"))
    with pytest.raises(lists.ListError, match="mailchecker: 0 entries"):
        strange.read()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.txt")), ids=lambda path: path.name)
def test_each_list_says_its_date_and_licence_and_has_no_line_twice(path):
    head = "".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:6])
    assert re.search(r"Date: 2\d{3}-\d\d-\d\d\. Licence: ", head)
    assert "Renew: " in head
    lines = [line.partition("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
    named = [line for line in lines if line]
    assert len(named) == len(set(named)) == len(entries(path.name))
