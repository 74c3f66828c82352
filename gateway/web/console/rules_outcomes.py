"""Points learnt from what became of the site's own leads: asked for, shown, taken over and taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from flask import Response, abort, flash, redirect, request, url_for
from sqlalchemy import Connection

from gateway.doorbell import LEARNING
from gateway.scoring import editing
from gateway.scoring.adopted import counted_already, expressible, joined, with_points
from gateway.scoring.calibrating.adopting import FEW_LEADS
from gateway.scoring.calibrating.columns import Column, columns
from gateway.scoring.calibrating.packing import rule, unpacked
from gateway.scoring.calibrating.records import MOST_POINTS, Calibration, LearntRule, Said, Sorted
from gateway.scoring.model import AnswerRule
from gateway.scoring.rulebook import Rulebook, RulebookError, data_of, from_published, from_toml, shipped_text
from gateway.store import audit, calibrations, rulebooks
from gateway.store.calibrations import Asked
from gateway.web.console import curves, labels
from gateway.web.console.access import parts, seat
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import lang, page
from gateway.web.console.rule_words import RuleWords
from gateway.web.console.rules_try import DAYS, tried_out
from gateway.words import LANGUAGES, known_keys, say

LISTED = 10  # of the leads that would change
WARNED = ("leak", "rare")  # of the fit's warnings; the others stand beside the numbers that they are of
LEFT_OUT = ("open", "never", "bad", "customers", "early", "disqualified")


@blueprint.get("/rules/outcomes")
def rules_outcomes() -> Any:
    asked = _latest()
    if request.headers.get("HX-Request") and (asked is None or asked.status != "waiting"):
        return Response(headers={"HX-Refresh": "true"})  # it is done: the whole page has changed
    with parts().db.read() as conn:
        book = rulebooks.in_force(conn, seat().site.id)
        versions = rulebooks.versions(conn, seat().site.id)
        draft = rulebooks.draft(conn, seat().site.id)
    shown = {"asked": asked, "found": None, "sorted": None, "latest": versions[0].number if versions else 0}
    words = {"w": _words, "r": _rules_words}
    return page("rules_outcomes.html", **{**shown, **words, "draft": draft, **_result(asked, book)})


@blueprint.post("/rules/outcomes")
def rules_outcomes_ask() -> Any:
    with parts().db.write() as conn:
        calibrations.ask(conn, seat().site.id, parts().clock(), by=seat().user.id)
    parts().doorbell.ring(LEARNING)
    return redirect(url_for("console.rules_outcomes"), 303)


@blueprint.get("/rules/outcomes/try")
def rules_outcomes_try() -> Any:
    """What the learnt points would have done."""
    asked = _latest()
    days = next((days for days in DAYS if str(days) == request.args.get("days")), 30)
    with parts().db.read() as conn:
        book, text = rulebooks.in_force(conn, seat().site.id), _text(conn)
    if asked is None or not _still(asked, book):
        return redirect(url_for("console.rules_outcomes"), 303)
    changed = from_published(editing.text_of(with_points(data_of(text), book, _points(asked))))
    shown = {"days": days, "periods": DAYS, "command": None, "w": _tried_words, "r": _rules_words}
    found = tried_out(changed, days)
    return page("rules_outcomes_try.html", **shown, **{**found, "changes": found.get("changes", [])[:LISTED]})


@blueprint.post("/rules/outcomes/adopt")
def rules_outcomes_adopt() -> Any:
    """The learnt points as a new version, if they are better and the rules are still those they were held against. A
    draft that waits stays."""
    return _put_in_force(ADOPT)


@blueprint.post("/rules/outcomes/undo")
def rules_outcomes_undo() -> Any:
    """The version before the learnt points anew, as long as no later one stands."""
    return _put_in_force(UNDO)


@dataclass(frozen=True)
class Act:
    """What makes a new version of a calibration: its text, or none where that would be wrong by now; how the
    calibration and the audit remember it; what is said of it and of a refusal."""

    text: Callable[[Connection, Asked], str | None]
    remember: Callable[[Connection, str, int], None]
    action: str
    done: str
    refused: str


def _put_in_force(act: Act) -> Any:
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        rulebooks.hold(conn, here.site.id)
        asked = _named(conn)
        text = act.text(conn, asked)
        if text is None:
            return _said(act.refused, "danger")
        try:
            version = rulebooks.publish(conn, here.site.id, text, now, by=here.user.id)
        except RulebookError:
            return _said("refused", "danger")
        act.remember(conn, asked.id, version)
        about = {"calibration": asked.id} | ({"of": asked.version} if asked.version else {})
        audit.add(conn, here.site.id, now, act.action, str(version), user_id=here.user.id, **about)
    return _said(act.done, n=version)


def _learnt(conn: Connection, asked: Asked) -> str | None:
    book = rulebooks.in_force(conn, seat().site.id)
    if not _still(asked, book) or asked.version is not None or not _found(asked).adopt:
        return None
    return editing.text_of(with_points(data_of(_text(conn)), book, _points(asked)))


def _before(conn: Connection, asked: Asked) -> str | None:
    versions = rulebooks.versions(conn, seat().site.id)
    if asked.version is None or versions[0].number != asked.version:
        return None
    return versions[1].content if len(versions) > 1 else shipped_text()


ADOPT = Act(_learnt, calibrations.adopted, "rules_learnt", "adopted_now", "outdated")
UNDO = Act(_before, calibrations.taken_back, "rules_learnt_undone", "undone_now", "later_stands")


@blueprint.post("/rules/outcomes/pair")
def rules_outcomes_pair() -> Any:
    """A found pair as a rule of the draft, which counts for nobody until it is published."""
    here, now = seat(), parts().clock()
    with parts().db.write() as conn:
        rulebooks.hold(conn, here.site.id)
        asked, book = _named(conn), rulebooks.in_force(conn, here.site.id)
        pair = next((one for one in _pairs(asked) if one.rule == request.form.get("pair")), None) or _missing()
        draft = rulebooks.draft(conn, here.site.id)
        before = draft.content if draft else _text(conn)
        try:
            text = _with_pair(before, _text(conn), book, pair=pair)
        except RulebookError:
            return _said("pair_refused", "danger")
        if text == before:
            return _said("pair_there")
        revision = draft.revision if draft else 0
        rulebooks.save_draft(conn, here.site.id, text, now, revision=revision, by=here.user.id)
        audit.add(conn, here.site.id, now, "rules_saved", here.site.id, user_id=here.user.id, calibration=asked.id)
    return _said("pair_added")


def _with_pair(text: str, in_force: str, book: Rulebook, *, pair: LearntRule) -> str:
    """`text` with one rule more, if it has none that counts so. Raises RulebookError where that is no rulebook, as of a
    draft with mistakes."""
    data = data_of(text)
    one, other = _joinable(pair, {column.name: column for column in columns(book)}) or _missing()
    title = {tongue: _both(_rule_words(tongue), one, other) for tongue in LANGUAGES}
    points = max(-MOST_POINTS, min(MOST_POINTS, pair.points))
    added = joined(data_of(in_force), (one, other), points, code=editing.free_code(data), title=title)
    if counted_already(data, added):
        return text
    data["rules"].append(added)
    wanted = editing.text_of(data)
    from_toml(wanted)
    return wanted


def _result(asked: Asked | None, book: Rulebook) -> Mapping[str, Any]:
    """What the page shows of one that is done."""
    if asked is None or asked.result is None:
        return {}
    told = {"sorted": Sorted(**asked.result["sorted"]), "left_out": LEFT_OUT, "nothing": asked.result["nothing"]}
    if asked.result["calibration"] is None:
        return told
    found, places = _found(asked), {column.name: column for column in columns(book)}
    words = _rule_words(lang())
    called = {one.rule: _label(words, places.get(one.rule), one.rule) for one in found.rules}
    rtl = lang() == "fa"
    reached, rates = curves.Picture(rtl), curves.Picture(rtl, curves.scale(found.reliability))
    return {
        **told,
        "found": found,
        "still": _still(asked, book),
        "called": called,
        "warnings": [_warned(said, called) for said in found.warnings if said.code in WARNED],
        "few": FEW_LEADS,
        "pairs": [(one, _pair_words(one, called), bool(_joinable(one, places))) for one in _pairs(asked)],
        "reached": reached,
        "rates": rates,
        "line": curves.reached(reached, found.lift),
        "line_in_force": curves.reached(reached, found.lift_in_force),
    }  # fmt: skip


def _warned(said: Said, called: Mapping[str, str]) -> tuple[str, str]:
    """Code and words, rules by their names."""
    params = dict(said.params)
    if "rule" in params:
        params["rule"] = called.get(params["rule"], params["rule"])
    if "rules" in params:
        named = [called.get(one, one) for one in params["rules"].split(", ")]
        params["rules"] = RuleWords(lang(), {}).joined(named)
    return said.code, _words("page_leak" if said.code == "leak" else said.code, **params)


def _joinable(pair: LearntRule, places: Mapping[str, Column]) -> tuple[Column, Column] | None:
    """Both columns, where a rule can say that both hold."""
    one, other = (places.get(name) for name in pair.both or ("", ""))
    return (one, other) if one and other and expressible(one, other) else None


def _pair_words(pair: LearntRule, called: Mapping[str, str]) -> list[str]:
    return [called.get(name, name) for name in pair.both or ()]


def _label(words: RuleWords, column: Column | None, name: str) -> str:
    """What a column is called: its rule, and of an answer what it says."""
    if column is None:
        return name
    called = words.rule(column.rule)
    if column.answer is None or not isinstance(column.rule, AnswerRule):
        return called
    title, values = words.answers(column.rule)[column.rule.answers.index(column.answer)]
    answer = values if len(column.answer.values) == 1 else title
    return f"{called}{' ' if called.endswith(('?', '؟')) else ': '}{answer}"


def _both(words: RuleWords, one: Column, other: Column) -> str:
    first, second = (_label(words, column, column.name) for column in (one, other))
    return say(words.lang, "calibration.both", one=first, other=second)


def _rule_words(tongue: str) -> RuleWords:
    with parts().db.read() as conn:
        return RuleWords(tongue, labels.of_site(conn, seat().site.id, tongue))


def _found(asked: Asked) -> Calibration:
    assert asked.result is not None
    return unpacked(asked.result["calibration"])


def _pairs(asked: Asked) -> list[LearntRule]:
    return [rule(one) for one in asked.result["pairs"]] if asked.result else []


def _points(asked: Asked) -> dict[str, int]:
    return {one.rule: one.points for one in _found(asked).rules}


def _still(asked: Asked, book: Rulebook) -> bool:
    """Something was learnt, and the rules are still those that it was held against."""
    return bool(asked.result and asked.result["calibration"]) and asked.digest == book.digest


def _latest() -> Asked | None:
    with parts().db.read() as conn:
        return calibrations.latest(conn, seat().site.id)


def _named(conn: Connection) -> Asked:
    """The one that the posted form was made for."""
    return calibrations.get(conn, seat().site.id, request.form.get("calibration", "")) or _missing()


def _missing() -> NoReturn:
    abort(404)


def _text(conn: Connection) -> str:
    return rulebooks.text_in_force(conn, seat().site.id) or shipped_text()


def _words(code: str, **params: Any) -> str:
    """This page's own words; those for one thing where `count` is 1."""
    alone = f"calibration.{code}_one"
    known = params.get("count") == 1 and alone in known_keys("calibration")
    return say(lang(), alone if known else f"calibration.{code}", **params)


def _tried_words(code: str, **params: Any) -> str:
    """Those of trying, with the learnt points in the place of a draft."""
    return _words(f"tried_{code}", **params) if f"calibration.tried_{code}" in known_keys() else _trying(code, **params)


def _trying(code: str, **params: Any) -> str:
    alone = f"trying.{code}_one"
    known = params.get("count") == 1 and alone in known_keys("trying")
    return say(lang(), alone if known else f"trying.{code}", **params)


def _rules_words(code: str, **params: Any) -> str:
    """Those of the tabs that it shares with the page of the rules."""
    return say(lang(), f"rules.{code}", **params)


def _said(code: str, kind: str = "success", **params: Any) -> Any:
    flash(_words(code, **params), kind)
    return redirect(url_for("console.rules_outcomes"), 303)
