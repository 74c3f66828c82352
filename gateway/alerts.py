"""What staff are told by mail: of the review queue each day what waits, within minutes who asked to be contacted, each
week a few of the rejected; and at once that a destination has stopped by itself. No mail holds anything of a lead."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from gateway.delivery.retries import reason_key
from gateway.parts import Parts
from gateway.records import Site
from gateway.store import deliveries, destinations, held_contacts, mails, review_queue, samples, sites, users
from gateway.store.db import lock_names
from gateway.store.destinations import Stopped
from gateway.words import say

# The first one is told at once, those that follow together: each within five minutes, and one mail in five.
EVERY = timedelta(minutes=5)
MAX_KEY = 120  # characters, as the table has it


def tell(parts: Parts, now: datetime) -> None:
    """Queue what is due. Asked every few seconds, so it reads first and writes only where there is something to say."""
    with parts.db.read() as conn:
        told = [site for site in sites.all_sites(conn) if site.settings.get("notify")]
        asked = [site for site in told if held_contacts.untold(conn, site.id, now) and _may_tell(conn, site, now)]
        daily = [site for site in told if _not_told_today(conn, site, now) and review_queue.waiting(conn, site.id, now)]
        stopped = [one for one in destinations.stopped_by_themselves(conn) if not _told_of(conn, one)]
    if asked or daily or stopped:
        with parts.db.write() as conn:
            for one in stopped:
                _tell_of_stop(conn, one, now)
            for site in asked:
                _tell_of_contacts(conn, site, now)
            for site in daily:
                count = review_queue.waiting(conn, site.id, now)
                _queue(conn, site, _day_key(site, now), template="held_waiting", count=count, now=now)


def draw_samples(parts: Parts, now: datetime) -> None:
    """Once a week and site: draw a few of last week's rejected, and tell staff that they are there."""
    week = samples.week_before(now)[0]
    with parts.db.read() as conn:
        due = [site for site in sites.all_sites(conn) if not samples.drawn(conn, site.id, week)]
    for site in due:
        with parts.db.write() as conn:
            if count := samples.draw(conn, site.id, now):
                _queue(conn, site, f"sample:{site.id}:{week}", template="rejects_sample", count=count, now=now)


def _told_of(conn: Connection, one: Stopped) -> bool:
    """Does everybody know who may mend it?"""
    return all(mails.known(conn, _key(_stop_key(one), user.email)) for user in users.admins(conn, one.site_id))


def _tell_of_stop(conn: Connection, one: Stopped, now: datetime) -> None:
    """To the site's administrators: they alone can change it. Its name is what staff called it."""
    site = sites.get(conn, one.site_id)
    waiting = deliveries.counts(conn, one.id)["due"]
    for user in users.admins(conn, site.id):
        key, params = reason_key(one.reason)
        told = {"name": one.name, "reason": say(user.lang, key, **params), "count": waiting}
        given = {"site": site.name, "site_key": site.key, **told}
        mail_key = _key(_stop_key(one), user.email)
        mails.queue(conn, mail_key, user.email, lang=user.lang, template="destination_stopped", params=given, now=now)


def _stop_key(one: Stopped) -> str:
    return f"stopped:{one.id}:{one.at:%Y%m%dT%H%M%S}"


def _may_tell(conn: Connection, site: Site, now: datetime) -> bool:
    last = held_contacts.last_told(conn, site.id, now)
    return last is None or now - last >= EVERY


def _tell_of_contacts(conn: Connection, site: Site, now: datetime) -> None:
    lock_names(conn, f"contacts:{site.id}")  # two sweepers: the second finds nothing untold
    if _may_tell(conn, site, now) and (count := held_contacts.tell(conn, site.id, now)):
        _queue(conn, site, f"contact:{site.id}:{now:%Y%m%dT%H%M%S}", template="held_contact", count=count, now=now)


def _not_told_today(conn: Connection, site: Site, now: datetime) -> bool:
    """Is there somebody who got no daily mail yet?"""
    addresses = site.settings.get("notify", ())
    return any(not mails.known(conn, _key(_day_key(site, now), address)) for address in addresses)


def _queue(conn: Connection, site: Site, key: str, *, template: str, count: int, now: datetime) -> None:
    """One mail an address; its key makes a second one a no-op."""
    for address in site.settings.get("notify", ()):
        user = users.by_email(conn, address)
        params = {"site": site.name, "site_key": site.key, "count": count}
        lang = user.lang if user else site.lang
        mails.queue(conn, _key(key, address), address, lang=lang, template=template, params=params, now=now)


def _day_key(site: Site, now: datetime) -> str:
    return f"held:{site.id}:{now:%Y-%m-%d}"


def _key(key: str, address: str) -> str:
    return f"{key}:{address}"[:MAX_KEY]
