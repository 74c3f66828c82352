"""Whoever polls the feed of changes misses nothing and reads nothing twice, whoever commits when."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select, update

from gateway.records import Site
from gateway.store import feed, leads, sites
from gateway.store.db import Database
from gateway.store.feed import Change, Place
from gateway.store.tables import feeds
from gateway.store.tables import leads as table
from tests.support.clock import SettableClock
from tests.support.plans import planned

only_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


class Poller:
    """Comes back with the place where it stopped."""

    def __init__(self, db: Database, site: Site, limit: int = 2) -> None:
        self.db, self.site, self.limit = db, site, limit
        self.place = Place()
        self.read: list[Change] = []

    def poll(self) -> list[Change]:
        """All that there is now."""
        new, more = list[Change](), True
        feed.number(self.db, self.site.id)
        while more:
            with self.db.read() as conn:
                feed.one_moment(conn)
                found, self.place, more = feed.after(conn, self.site.id, self.place, self.limit)
            new += found
        self.read += new
        return new

    def versions(self) -> dict[str, int]:
        return {one.lead_id: one.version for one in self.read}


@pytest.fixture
def shop(db: Database, clock: SettableClock) -> Site:
    with db.write() as conn:
        return sites.add(conn, "shop", "Shop", clock())


@pytest.fixture
def poller(db: Database, shop: Site) -> Poller:
    return Poller(db, shop)


def begin(db: Database, shop: Site, clock: SettableClock, number: int = 1) -> list[str]:
    with db.write() as conn:
        made = [leads.create(conn, shop.id, clock()) for _ in range(number)]
        for one in made:
            raise_version(conn, one, clock())
    return made


def raise_version(conn: Connection, lead_id: str, at: datetime) -> None:
    conn.execute(update(table).where(table.c.id == lead_id).values(version=table.c.version + 1, updated_at=at))


def test_each_change_is_read_once_at_its_last_version(
    db: Database, shop: Site, clock: SettableClock, poller: Poller
) -> None:
    one, two, three = begin(db, shop, clock, 3)
    assert {change.lead_id for change in poller.poll()} == {one, two, three}
    assert poller.poll() == []
    clock.advance(seconds=1)
    for _ in range(2):
        with db.write() as conn:
            raise_version(conn, two, clock())
    assert [(change.lead_id, change.version) for change in poller.poll()] == [(two, 3)]


def test_a_lead_that_changes_between_two_pages_comes_further_on(db: Database, shop: Site, clock: SettableClock) -> None:
    begun = begin(db, shop, clock, 4)
    feed.number(db, shop.id)
    with db.read() as conn:
        first, place, more = feed.after(conn, shop.id, Place(), 2)
    assert more
    unread = next(one for one in begun if one not in {change.lead_id for change in first})
    with db.write() as conn:
        raise_version(conn, unread, clock())
        raise_version(conn, first[0].lead_id, clock())
    rest = Poller(db, shop)
    rest.place = place
    later = rest.poll()
    assert sorted(change.lead_id for change in later) == sorted({*begun} - {first[1].lead_id})
    assert {change.version for change in later} == {1, 2}


def test_another_sites_changes_take_no_position_here(db: Database, shop: Site, clock: SettableClock) -> None:
    with db.write() as conn:
        other = sites.add(conn, "other", "Other", clock())
    begin(db, other, clock, 3)
    begin(db, shop, clock)
    (mine,) = Poller(db, shop).poll()
    assert mine.position == 1
    assert len(Poller(db, other).poll()) == 3


def test_many_changes_are_numbered_a_batch_at_a_time(
    db: Database, shop: Site, clock: SettableClock, poller: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = begin(db, shop, clock, 7)
    with db.write() as conn:
        assert feed.number_some(conn, shop.id, 3) == 3
    monkeypatch.setattr(feed, "BATCH", 2)
    assert [change.position for change in poller.poll()] == list(range(1, 8))
    assert {change.lead_id for change in poller.read} == {*begun}


def test_who_begins_at_a_time_gets_that_and_all_that_is_committed_later(
    db: Database, shop: Site, clock: SettableClock
) -> None:
    early = begin(db, shop, clock)[0]
    since = clock.advance(minutes=1)
    late = begin(db, shop, clock)[0]
    feed.number(db, shop.id)
    with db.read() as conn:
        place = feed.begin(conn, shop.id, since)
        found, place, _ = feed.after(conn, shop.id, place, 10)
    assert [change.lead_id for change in found] == [late]
    with db.write() as conn:
        raise_version(conn, early, since - timedelta(minutes=1))  # an older stamp, committed only now
    rest = Poller(db, shop)
    rest.place = place
    assert [change.lead_id for change in rest.poll()] == [early]


def test_a_place_ahead_of_the_feed_is_told(db: Database, shop: Site, clock: SettableClock, poller: Poller) -> None:
    begin(db, shop, clock)
    poller.place = Place(2)
    with pytest.raises(feed.AheadError):
        poller.poll()


@only_postgresql
def test_what_commits_after_a_later_time_is_read_where_times_would_miss_it(
    db: Database, shop: Site, clock: SettableClock, poller: Poller
) -> None:
    slow, quick = begin(db, shop, clock, 2)
    poller.poll()
    earlier, later = clock.advance(seconds=1), clock.advance(seconds=1)
    with db.engine.connect() as conn, conn.begin() as held:
        raise_version(conn, slow, earlier)
        with db.write() as other:
            raise_version(other, quick, later)
        assert [change.lead_id for change in poller.poll()] == [quick]  # and waits for nobody
        held.commit()
    with db.read() as conn:
        by_time = conn.execute(select(table.c.id).where(table.c.updated_at > later)).scalars().all()
    assert by_time == []  # what a poller would ask that goes by the last time it has read
    assert [change.lead_id for change in poller.poll()] == [slow]


@only_postgresql
@pytest.mark.parametrize("seed", range(6))
def test_no_order_of_commits_loses_or_repeats_a_change(
    db: Database, shop: Site, clock: SettableClock, seed: int
) -> None:
    """Five writers that hold their transactions open as long as chance will, two pollers and one who only numbers."""
    chance = random.Random(seed)
    own = [begin(db, shop, clock, 2) for _ in range(5)]
    pollers = [Poller(db, shop, limit=1), Poller(db, shop, limit=3)]
    connections = [db.engine.connect() for _ in own]
    working = [False for _ in own]
    for _ in range(120):
        writer = chance.randrange(len(own) + 3)
        if writer < len(own):
            if not working[writer]:
                connections[writer].begin()
                working[writer] = True
            if chance.random() < 0.6:
                raise_version(connections[writer], chance.choice(own[writer]), clock.advance(seconds=1))
            else:
                end = connections[writer].get_transaction()
                assert end is not None
                (end.rollback if chance.random() < 0.2 else end.commit)()
                working[writer] = False
        elif writer == len(own):
            with db.write() as conn:
                feed.number_some(conn, shop.id, chance.randint(1, 3))
        else:
            pollers[writer - len(own) - 1].poll()
    for connection in connections:
        connection.commit()
        connection.close()
    with db.read() as conn:
        standing = {row.id: row.version for row in conn.execute(select(table.c.id, table.c.version))}
    for poller in pollers:
        poller.poll()
        assert poller.versions() == standing
        seen = [(change.lead_id, change.version) for change in poller.read]
        assert len(seen) == len(set(seen))
        assert [change.position for change in poller.read] == sorted({change.position for change in poller.read})


@only_postgresql
def test_two_who_number_at_once_give_no_position_twice(
    db: Database, shop: Site, clock: SettableClock, poller: Poller
) -> None:
    begin(db, shop, clock, 4)
    with db.engine.connect() as conn, conn.begin():
        assert feed.number_some(conn, shop.id, 2) == 2
        with db.read() as other:
            assert other.execute(select(feeds.c.position)).all() == []  # nobody sees them before they are committed
        assert Poller(db, shop).read == []
    assert [change.position for change in poller.poll()] == [1, 2, 3, 4]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_poll_reads_no_table_whole(db: Database, shop: Site, clock: SettableClock, poller: Poller) -> None:
    begin(db, shop, clock, 3)
    with planned(db, "leads", "dropped_leads") as lines:
        poller.poll()
    assert [line for line in lines if line.startswith(("SCAN leads", "SCAN dropped_leads"))] == []
    assert [line for line in lines if "(site_id=?)" in line and "_unnumbered" not in line and "feeds" not in line] == []
    assert any("ix_leads_unnumbered" in line for line in lines), lines
    assert any("ix_leads_site_id_feed_position" in line for line in lines), lines
