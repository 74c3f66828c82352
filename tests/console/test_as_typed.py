"""What somebody wrote stands beside what is kept: an extension is nowhere else."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import update

from gateway.store.tables import submissions
from tests.support.console_side import World

TYPED = "۰۲۱ ۸۸۷۷ ۶۶۵۵ داخلی ۱۲ <b>"


@pytest.mark.parametrize("where", ["lead", "review"])
def test_staff_see_a_phone_as_it_was_typed(world: World, app: Flask, where: str) -> None:
    kept = {"answers": {"phone": "+982188776655"}, "typed": {"phone": TYPED}}
    with world.parts.db.write() as conn:
        conn.execute(update(submissions).values(**kept))
    path = f"/console/leads/{world.lead}" if where == "lead" else "/console/review?status=held"
    page = world.client(app, "marketer").get(path).text
    assert "۰۲۱ ۸۸۷۷ ۶۶۵۵ داخلی ۱۲ &lt;b&gt;" in page
