"""Challenges for the proof of work: with each served form, and anew when one has grown old (rule 21)."""

from __future__ import annotations

from datetime import datetime

from flask import Flask, Response, current_app, jsonify, request

from forms import proof
from forms.proof import Challenge, Solution
from gateway.crowds import Crowds
from gateway.parts import Parts
from gateway.web import facts, replies, serving
from gateway.web.serving import Served, parts


def init(app: Flask) -> None:
    """Wire the counters of crowds into the application."""
    held: Parts = app.extensions["sarnakh"]
    app.extensions["sarnakh.crowds"] = Crowds(held.doorbell.redis)


def challenge(served: Served, now: datetime) -> Challenge:
    """For a form that is being served; harder where much came from this address block, never by who asks."""
    crowds: Crowds = current_app.extensions["sarnakh.crowds"]
    secret = parts().config.secret_key
    block = facts.block_hash(secret, facts.block(request), now)
    submitted, fetched = crowds.fetched(served.site.id, block, now)
    return proof.issue(secret, _home(served), now, proof.effort(submitted, max(fetched - submitted, 0)))


def renew(form_key: str) -> Response:
    """`GET /f/<form>/challenge`: one more, for a form that stood open. Depends on nothing that was typed."""
    held = parts()
    served = serving.find_recent(held.db, form_key)
    replies.refuse_foreign(served.site, held.config.base_url)
    response = jsonify(challenge(served, held.clock()))
    response.headers["Cache-Control"] = "no-store"
    return response


def read(served: Served, text: object, now: datetime) -> Solution:
    """What a post brought as `_proof`."""
    return proof.read(parts().config.secret_key, _home(served), text if isinstance(text, str) else "", now)


def _home(served: Served) -> str:
    return f"{served.site.key}/{served.form.key}"
