"""Dates and numbers in both languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from forms.model import from_toml
from gateway import demo
from gateway.web.console import labels
from gateway.web.console.formats import Formats
from gateway.web.console.wording import Wording

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def formats(lang: str) -> Formats:
    return Formats(lang, ZoneInfo("Asia/Tehran"), NOW)


@pytest.mark.parametrize(
    "ago, persian, english",
    [
        (timedelta(seconds=5), "همین حالا", "just now"),
        (timedelta(minutes=3), "۳ دقیقه پیش", "3 min ago"),
        (timedelta(hours=5), "۵ ساعت پیش", "5 h ago"),
        (timedelta(hours=20), "دیروز ۱۶:۳۰", "yesterday 16:30"),
        (timedelta(days=3), "۲۸ آبان ۱۴۰۵، ۱۲:۳۰", "19 Nov 2026, 12:30"),
        (-timedelta(minutes=20), "۲۰ دقیقهٔ دیگر", "in 20 min"),
        (-timedelta(hours=30), "۲ آذر ۱۴۰۵، ۱۸:۳۰", "23 Nov 2026, 18:30"),
    ],
)
def test_times_are_near_while_they_are(ago: timedelta, persian: str, english: str) -> None:
    assert f">{persian}</time>" in formats("fa").moment(NOW - ago)
    assert f">{english}</time>" in formats("en").moment(NOW - ago)


def test_the_tooltip_shows_the_other_calendar() -> None:
    assert formats("fa").both(NOW) == "یکشنبه ۱ آذر ۱۴۰۵، ۱۲:۳۰ · Sunday 22 November 2026"
    assert formats("en").both(NOW) == "Sunday 22 November 2026, 12:30 · یکشنبه ۱ آذر ۱۴۰۵"


@pytest.mark.parametrize("value, persian, english", [(1234567, "۱٬۲۳۴٬۵۶۷", "1,234,567"), (0, "۰", "0")])
def test_numbers(value: int, persian: str, english: str) -> None:
    assert (formats("fa").number(value), formats("en").number(value)) == (persian, english)


@pytest.mark.parametrize("value, text", [(30, "+۳۰"), (-10, "−۱۰"), (0, "+۰")])
def test_points_keep_their_sign_on_the_left(value: int, text: str) -> None:
    assert formats("fa").points(value) == f'<bdi dir="ltr">{text}</bdi>'


@pytest.mark.parametrize(
    "value, text",
    [
        ("<b>", '<bdi dir="ltr">&lt;b&gt;</bdi>'),
        ("سارا", "<bdi>سارا</bdi>"),
        (["الف", "ب"], "<bdi>الف</bdi>، <bdi>ب</bdi>"),
        (True, "✓"),
        (12, "۱۲"),
        (None, '<bdi dir="ltr">–</bdi>'),
    ],
)
def test_r34_values_are_escaped_and_isolated(value: object, text: str) -> None:
    assert formats("fa").value(value) == text


def test_a_form_s_own_question_is_named_as_it_is_asked() -> None:
    """Well-known fields have short names; what no form asks any more keeps its key."""
    pricelist = Path(demo.__file__).parent / "forms" / "pricelist.toml"
    labelled = partial(labels.labelled, labels.of_forms([from_toml(pricelist.read_text("utf-8"))], "fa"))
    words = [Wording("fa").field_words(name, labelled) for name in ("industry_other", "email", "gone_field")]
    assert words == ["چه زمینه‌ای؟", "ایمیل", "gone field"]
