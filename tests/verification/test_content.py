"""What was written: people's texts and names are never held, spam is, and nothing that is typed breaks a check."""

from __future__ import annotations

from itertools import combinations
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verification.evidence import evidence
from verification.checks import content
from verification.spam import features as spam_features
from verification.spam import model
from verification.spam.features import features
from verification.spam.links import find_links
from verification.spam.model import opinion
from verification.spam.names import gibberish
from verification.spam.prints import content_print, near
from verification.spam.score import LEAST_FAMILIES, add_up, score
from verification.spam.scripts import mixed_words
from verification.spam.weights import points, weights
from verification.verdict import REJECT_RULES, SIGNS_OF_AUTOMATION, verify

CONTENT = (
    content.same_content, content.near_same_content, content.learnt_spam, content.contact_in_name,
    content.gibberish_name, content.mixed_script, content.links, content.spam_text,
)  # fmt: skip
PITCH = "We offer guest posting and dofollow backlinks, guaranteed ranking, click here https://ranks.xyz"


def found(check, **changes):
    finding = check(evidence(**changes))
    return finding.outcome, finding.code, finding.weight


def said(text, **changes):
    return evidence(answers={"message": text}, field_types={"message": "long_text"}, **changes)


def named(**names):
    return evidence(answers=names, field_types=dict.fromkeys(names, "text"))


PEOPLE = [
    "Ng", "Xu", "Li", "Srb", "Krk", "Vlk", "Eo", "Nguyễn Thị Phương Thảo", "Phạm Quỳnh", "Trương", "Hlynur",
    "Þorgerður Ragnheiður", "Björk Guðmundsdóttir", "Krzysztof Brzęczyszczykiewicz", "Szczepański", "Grzegorz",
    "Hrvoje Štrbac", "Mkrtchyan", "Tkachenko", "Shcherbakov", "Ljungqvist", "Schwarzkopf", "Llewellyn", "Siobhán",
    "Caoimhe", "Mbappé", "Ngcobo", "Nxumalo", "Oyelaran", "Wright", "Knightley", "Fitzsimmons", "O'Brien",
    "Jean-Pierre", "D’Angelo", "van der Bijl", "İbrahim Çağlayan", "Yılmaz", "Gheorghiu", "Xiangzhi Zhuang", "Hyun-woo",
    "Mohammadreza Ghorbanpour", "Gholamhossein", "Khoshnevis", "Zahra Sadat Mousavi", "Abolfazl Khodabandehlou",
    "Shahsavari", "Yaghoubi", "Zolfaghari", "علی", "سارا", "محمدرضا قربانی", "فاطمه‌سادات موسوی", "عبدالعظیم خوش‌نویس",
    "ژاله", "غلامحسین ذوالفقاری", "پوریا کیخسروی", "أحمد", "نور الهدى",
    "Иван Щербаков", "李小龙", "Αλέξανδρος", "김민수", "Test", "admin",
    "Joe X", "R2D2", "X Æ A-12", "John Smith (Acme Ltd.)",
]  # fmt: skip


@pytest.mark.parametrize("name", PEOPLE)
def test_r20_rare_and_short_names_are_not_gibberish(name):
    assert not gibberish(name)
    assert verify(named(first_name=name), checks=CONTENT).weight == 0


@pytest.mark.parametrize(
    "name",
    ["asdf", "asdfgh", "qwerty", "zxcvbnm", "asdkjhqwe", "sdfsdfsdf", "Jxkqzvbw", "hjklhjkl", "dfgdfg",
     "شسیبل", "ضصثقفغ", "Sara wxqzvkjh"],
)  # fmt: skip
def test_keys_pressed_at_random_are_no_name_and_hold_nobody_alone(name):
    assert found(content.gibberish_name, answers={"last_name": name}) == ("fail", "gibberish_name", 25)


@pytest.mark.parametrize(
    "text, mixed",
    [
        ("سلام hello دوستان", 0),
        ("سلامhello", 0),
        ("نرم‌افزار CRM‌تان", 0),
        ("كتابي در مورد علي", 0),
        ("Привет from Sofia", 0),
        ("ΔT is 5 kΩ, 3 µm and α-test, πr²", 0),
        ("x₁ ≤ Ωmax", 0),
        ("Αθήνα Athens", 0),
        ("СССР и USSR", 0),
        ("cаsino", 1),
        ("Cегодня", 1),
        ("buy vіаgrа from РауРаl nоw", 3),
        ("αpple", 1),
    ],
)
def test_r20_mixed_script_means_look_alikes_within_one_word(text, mixed):
    assert len(mixed_words(text)) == mixed
    finding = content.mixed_script(said(text))
    assert finding.weight == (0, 15, 25, 25)[mixed]


HAM = [
    "Please call me.",
    "لطفاً تماس بگیرید",
    "price?",
    "WE NEED A QUOTE FOR 3 FORKLIFTS, DELIVERY TO ROTTERDAM BEFORE FRIDAY!!!",
    "We need backlinks, SEO and first page of Google for https://our-shop.example, how much is it?",
    "برای سایت فروشگاهی‌مان سئو و بک‌لینک می‌خواهیم، قیمت؟ https://shop.example.ir",
    "آیا وام یا اقساط هم دارید؟ ضامن لازم است؟",
    "We are a licensed casino and poker club: could you quote a booking form? www.casino-club.example",
    "Do you accept Bitcoin or USDT? We are a crypto exchange.",
    "These pages are broken: https://a.example/1 https://b.example/2 https://c.example/3 https://d.example/4",
    "My node.js and asp.net apps, e.g. on v2.0, fail: <a href='/x'>link</a>",
    "Write to me at sara@acme.example or call 0912 345 6789, my Telegram is @sara_k",
    "چرا جواب نمی‌دید؟؟؟؟ از دیروز منتظرم.......",
    "🙏🙏 ممنون",
    "Please ask {customer_name} about it",
    "-----Original Message-----\n> Thanks!\n> Thanks!\n> Thanks!",
]


@pytest.mark.parametrize("text", HAM)
def test_what_customers_write_is_not_held(text):
    assert verify(said(text), checks=CONTENT).outcome == "accept"


SPAM = [
    PITCH,
    "وام فوری بدون ضامن، همین حالا عضو شوید t.me/vam",
    "سایت شما را با بک‌لینک تضمینی به صفحهٔ اول گوگل می‌آوریم، نمونه کار می‌فرستیم",
    "{Hi|Hello} best cаsino bonus https://bit.ly/xx",
    "V1agra and c.i.a.l.i.s without prescription http://pills.xyz",
    "[url=http://x.example]x[/url]",
    "شرط بندی و کازینو با بونوس، ثبت نام کنید hxxps://bet.top",
]


@pytest.mark.parametrize("text", ["ﷺ" * 4000, "㌖ " * 2000, "½ " * 2000, "cаsino " + "㌖ " * 1990])
def test_no_more_is_read_of_characters_that_fold_to_several(text, monkeypatch):
    read = []
    monkeypatch.setattr(spam_features, "_matches", lambda words: read.append(sum(map(len, words))) or [])
    features(text)
    assert 0 < max(read) <= spam_features.HEAD + spam_features.TAIL


@pytest.mark.parametrize("text", SPAM)
def test_known_spam_is_held_and_says_why(text):
    verdict = verify(said(text), checks=CONTENT)
    assert verdict.outcome == "hold"
    finding = next(one for one in verdict.findings if one.code == "spam_text")
    assert finding.params["shown"]


def test_no_family_of_features_holds_alone():
    limits = {family: most for family, most in weights()["most"].items() if family != "asks"}
    assert max(limits.values()) < weights()["hold"]


@given(st.sets(st.sampled_from(sorted(weights()["topic"])), min_size=1))
def test_listed_topics_alone_never_reach_the_limit(names):
    text = " ".join(weights()["topic"][name]["words"].replace(",", " ") for name in sorted(names))
    assert score(text[:1500]).families < LEAST_FAMILIES


OFFERS = [
    "Hi, we take over bookkeeping for small firms and save you 45%. Are you free for a short call? https://books.example",
    "Our studio can film your business in one day, only $390 until Friday. Reply and I will send examples.",
    "تیم ما برای سایت شما پشتیبانی شبانه‌روزی می‌گذارد، ماهی فقط ۹۰۰ هزار تومان، تماس بگیرید",
    "عکاسی صنعتی با نصف قیمت بازار، نمونه کار می‌فرستیم، همین امروز سفارش بدهید http://ax.example",
]


@pytest.mark.parametrize("text", OFFERS)
def test_who_sells_to_the_sites_owner_is_held_whatever_it_is(text):
    assert score(text).points < weights()["hold"]  # no list knows it
    assert content.spam_text(said(text)).code == "spam_text"


ASKERS = [
    "We need somebody for our bookkeeping, budget $390 a month. Could you call us on Friday?",
    "Your invoice says 45% but you promised 50%. Please correct it, our number is 020 7946 0018.",
    "برای عکاسی صنعتی محصولاتمان بودجهٔ ۹ میلیون تومان داریم، نمونه کار دارید؟",
    "تخفیف ۴۰ درصدی سایت شما هنوز هست؟ دو تا می‌خواستم.",
]


@pytest.mark.parametrize("text", ASKERS)
def test_who_asks_about_the_same_is_not_even_doubted(text):
    assert verify(said(text), checks=CONTENT).weight == 0


def test_without_a_sign_that_sells_the_model_is_not_heard():
    stems = [name for name, _ in sorted(model.shipped().items(), key=lambda row: -row[1]) if name.isalpha()]
    text = next(text for start in range(100) if not opinion(text := " ".join(stems[start : start + 12])).shown)
    assert opinion(text).odds > 0
    assert content.spam_text(said(text)).outcome == "pass"


def test_what_the_model_shows_is_listed_and_not_the_visitors():
    assert (
        opinion("Sara Karimi: we offer 90% off, http://sara-karimi.example").shown
        == "% · discount / تخفیف · we offer … · http"
    )


def test_what_asks_is_taken_off():
    assert score("casino poker").points - score("casino poker, how much").points == points("asks", "asks")
    assert add_up([]).points == score("how much").points == 0


def test_r15_content_never_rejects_nor_is_it_a_sign_of_automation():
    codes = {"spam_text", "spam_doubt", "learnt_spam", "near_same_content", "same_content", "link_in_name",
             "hidden_link", "many_links", "mixed_script", "gibberish_name", "contact_in_name"}  # fmt: skip
    assert not codes & SIGNS_OF_AUTOMATION
    assert not any(codes & group for rule in REJECT_RULES for group in rule.groups)


def test_r16_confirming_clears_no_content():
    worst = said(SPAM[3], learnt_spam=0.99, recent_same_content=99, recent_near_content=99)
    verdict = verify(worst, checks=CONTENT)
    assert verdict.outcome == "hold" and len([one for one in verdict.findings if one.outcome == "fail"]) >= 4
    assert not any(one.clears for one in verdict.findings)


@pytest.mark.parametrize(
    "learnt, spam_text, learnt_spam",
    [
        (None, "spam_text", "not_applicable"),
        (0.5, "spam_text", "pass"),
        (0.95, "spam_text", "pass"),
        (0.97, "spam_text", "learnt_spam"),
        (0.01, "spam_text", "pass"),
        (0.009, "spam_text_released", "pass"),
    ],
)
def test_what_staff_taught_speaks_for_and_against(learnt, spam_text, learnt_spam):
    found = {one.check: one.code or one.outcome for one in verify(said(PITCH, learnt_spam=learnt)).findings}
    assert (found["spam_text"], found["learnt_spam"]) == (spam_text, learnt_spam)


@pytest.mark.parametrize(
    "near_count, same_count, weight",
    [(2, 0, 0), (3, 0, 25), (9, 0, 25), (10, 0, 50), (10, 3, 25), (12, 10, 0), (3, 3, 0)],
)
def test_nearly_the_same_text_weighs_once(near_count, same_count, weight):
    assert content.near_same_content(
        evidence(recent_near_content=near_count, recent_same_content=same_count)
    ).weight == weight  # fmt: skip


@pytest.mark.parametrize(
    "text, links",
    [
        ("see https://a.example/x and http://a.example/y", 1),
        ("www.acme.ir, acme.ir", 1),
        ("sara@acme.com", 0),
        ("node.js asp.net v2.0 e.g. i.e. readme.md", 0),
        ("پرشین‌تولز.کام", 0),
        ("سایت acme.ir است", 1),
        ("//////http://", 0),
    ],
)
def test_links_are_counted_by_place(text, links):
    assert find_links(text).count == links


@pytest.mark.parametrize(
    "names, code",
    [
        ({"first_name": "Sara www.pills.example"}, "link_in_name"),
        ({"name": "visit https://x.example"}, "link_in_name"),
        ({"company": "acme.ir"}, ""),
        ({"company": "https://acme.ir"}, ""),
    ],
)
def test_a_link_stands_in_no_name_but_in_a_companys(names, code):
    assert content.links(named(**names)).code == code


@pytest.mark.parametrize(
    "name, weight",
    [
        ("Sara 0912 345 6789", 25), ("۰۹۱۲۳۴۵۶۷۸۹", 25), ("sara @vip_signals", 25), ("sara@acme.ir", 25),
        ("Sara 2nd", 0), ("Ali (1990)", 0), ("سارا", 0), ("J. R. R. Tolkien", 0),
    ],
)  # fmt: skip
def test_contact_details_stand_in_no_name(name, weight):
    assert content.contact_in_name(named(full_name=name)).weight == weight


def test_r38_a_marketers_own_test_may_repeat_itself_and_have_any_name():
    test = evidence(test=True, answers={"first_name": "asdf"}, recent_same_content=99, recent_near_content=99)
    assert verify(test, checks=CONTENT).weight == 0


@given(st.text(max_size=400), st.sampled_from(["message", "first_name", "company"]))
def test_no_text_breaks_a_check(text, name):
    odd = evidence(answers={name: text}, field_types={name: "long_text"})
    assert {finding.outcome for finding in verify(odd, checks=CONTENT).findings} <= {"pass", "fail", "not_applicable"}
    print_ = content_print(text)
    assert print_ is None or near(print_, print_)


HOSTILE = [
    "a" * 60_000, "{" * 30_000, "{a|" * 20_000, "[(dot" * 12_000, "h t t p " * 8_000, "1 2 3 4 " * 8_000,
    "a.b." * 15_000, "www." * 15_000, "@a" * 30_000, "a b c d " * 8_000, "(1)-" * 15_000, "!؟" * 30_000,
    "х" * 60_000, "%a" * 30_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:8])
def test_hostile_texts_cost_no_more_than_long_ones(text):
    odd = evidence(
        answers={"message": text, "first_name": text}, field_types={"message": "long_text", "first_name": "text"}
    )
    before = process_time()
    verify(odd, checks=CONTENT)
    content_print(text)
    assert process_time() - before < 0.5  # far above what it takes, far below what a blow-up would


def test_near_texts_have_near_prints_and_others_do_not():
    base = "Hello {}, do you need a business loan of up to {} with low interest? Our firm funds projects worldwide now"
    base += " and needs no papers but a name and a phone number, so write back today and have the money by tomorrow"
    alike = [
        content_print(base.format(name, sum_).lower())
        for name, sum_ in (("Sara", "5m"), ("Peter", "5m"), ("Sara", "1m"))
    ]
    other = content_print(
        "please send us the price list for the twelve seat plan and tell us whether a demo is possible in may"
    )
    assert all(near(one, two) for one, two in combinations(alike, 2))
    assert not any(near(one, other) for one in alike)


def test_features_never_show_the_visitors_own_words():
    listed = {
        one.shown for one in features(f"{PITCH} Zaphod Beeblebrox, zaphod@acme.example, https://secret.example/token")
    }
    assert not any("zaphod" in shown.lower() or "secret" in shown for shown in listed)
