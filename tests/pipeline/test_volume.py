"""What is counted around a submission: in the worker, on indexes, within the site (rules 19 and 35)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gateway.records import Submission
from gateway.store import recent
from gateway.store.recent import Recent
from tests.pipeline.conftest import World
from tests.support.intake import GUIDE
from verification.spam.prints import content_hash, content_print

PITCH = (
    "Hello {}, I came across your website and noticed that you are not on the first page of Google. We can help you "
    "get more traffic and sales with our proven packages. Reply for a free quote and I will send our portfolio."
)


def text_of(name: str) -> dict[str, str | None]:
    folded = PITCH.format(name).lower()
    return {"content_hash": content_hash(folded), "content_print": content_print(folded)}


def counted(world: World, submission: Submission, domain: str | None = None) -> Recent:
    with world.db.read() as conn:
        return recent.around(conn, submission, domain=domain)


def test_r19_block_form_and_domain_are_counted_each_by_itself(world: World) -> None:
    here, there = {"block_hash": "b1"}, {"block_hash": "b2"}
    world.send({"email": "a@example.com"}, email_domain="example.com", **here)
    world.send({"email": "b@example.ir"}, email_domain="example.ir", **here)
    world.clock.advance(minutes=6)
    world.send({"email": "c@example.com"}, email_domain="example.com", **there)
    last = world.send({"email": "d@example.com"}, email_domain="example.com", **here)
    assert counted(world, last, "example.com") == Recent(from_block=2, burst_from_block=0, on_form=3, from_domain=2)
    assert counted(world, last).from_domain == 0


def test_r35_what_came_an_hour_ago_or_to_another_site_is_not_counted(
    world: World, make_world: Callable[..., World]
) -> None:
    mine = {"block_hash": "b1", "email_domain": "example.com", **text_of("Sara")}
    world.send({"email": "a@example.com"}, **mine)
    make_world("other", GUIDE.replace('key = "guide"', 'key = "other"')).send({"email": "a@example.com"}, **mine)
    world.clock.advance(hours=1, seconds=1)
    last = world.send({"email": "b@example.com"}, **mine)
    assert counted(world, last, "example.com") == Recent()


def test_texts_with_another_name_in_them_are_near_and_other_texts_are_not(world: World) -> None:
    for name in ("Sara", "Peter", "Mei"):
        world.send({"email": f"{name}@example.com"}, **text_of(name))
    other = PITCH.replace("website", "shop").split()
    folded = " ".join(reversed(other)).lower()
    world.send({"email": "x@example.com"}, content_hash="x", content_print=content_print(folded))
    last = world.send({"email": "last@example.com"}, **text_of("Sara"))
    assert counted(world, last) == Recent(on_form=4, same_content=1, near_content=3)


def test_short_texts_have_no_print() -> None:
    assert content_print("please call me back today") is None
    assert content_hash("ali") is None
    assert content_print("۱۲۳ " * 60) is None


@pytest.mark.parametrize("seconds, most, least", [(1.2, 5, 0), (20.0, 40, 40)])
def test_r19_of_a_hasty_burst_five_go_through_and_of_a_class_all(
    world: World, seconds: float, most: int, least: int
) -> None:
    sent = []
    for number in range(40):
        answers = {"email": f"pupil{number}@example.com", "first_name": "Sara"}
        facts = {"script": True, "fill_seconds": seconds, "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
        sent.append(world.send(answers, block_hash="school", email_domain="example.com", facts=facts))
        world.clock.advance(seconds=3)
    accepted = [submission for submission in sent if submission.status == "accepted"]
    assert least <= len(accepted) <= most
