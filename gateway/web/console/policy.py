"""How strictly a form judges: its policy, tried on past submissions before it is saved into the draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_args

from flask import abort, request

from forms.edited_text import with_policy
from forms.model import FormError, from_toml
from forms.text import fold_digits
from gateway.outside import OUTSIDE
from gateway.replay import Replayed, Tally, replay
from gateway.store import audit, submissions_search
from gateway.store import forms as form_rows
from gateway.store.db import lock_names
from gateway.store.forms import FormRow
from gateway.store.judged import Wanted
from gateway.store.submissions_search import SubmissionLine
from gateway.web.console import meanwhile
from gateway.web.console.access import parts, seat
from gateway.web.console.forms import CHANGES, form_publish, form_row, form_title
from gateway.web.console.frame import blueprint
from gateway.web.console.pages import done, formats, lang, page, t
from gateway.web.console.trials import Later, tried
from gateway.web.console.wording import Wording
from gateway.words import say
from verification.checks import CHECKS
from verification.verdict import Confirm, Policy, PolicyError

DAYS = (7, 30, 90)
LOOKED_AT = 1000  # of the newest, while somebody waits for the page; `sarnakh verify` looks at all
LISTED = 50  # of those that change, shown one by one
ORDER = ("accept", "hold", "reject")


@dataclass(frozen=True)
class Tried:
    """What the policy would have done."""

    days: int
    tally: Tally
    changed: Sequence[tuple[Replayed, SubmissionLine]]
    changes: int  # all of them; `changed` has the newest
    cut: bool  # there are more submissions than were looked at


@blueprint.get("/forms/<key>/policy")
def form_policy(key: str) -> Any:
    """The draft's policy, and what it would have done."""
    row = form_row(key)
    return _shown(row, _said(row), days=_days())


@blueprint.post("/forms/<key>/policy")
def form_policy_save(key: str) -> Any:
    """`then`: try (changes nothing), save (into the draft), publish."""
    row = form_row(key)
    then = request.form.get("then", "try")
    policy, problem = _asked()
    if problem is not None or then not in {"save", "publish"}:
        # htmx shows nothing of a refusal: what is wrong with a trial is its answer.
        status = 200 if problem is None or _by_htmx() else 422
        return _shown(row, policy, days=_days(), problem=problem, status=status, tried_only=_by_htmx())
    if not _keep(row, policy):
        row = form_row(key)
        newer = meanwhile.newer(CHANGES, key, changes=_changes(_whole(_said(row)), _whole(policy)))
        return _shown(row, policy, days=_days(), newer=newer, status=409)
    if then == "publish":
        return form_publish(key)
    return done("policy_saved", "form_policy", key=key)


def _keep(row: FormRow, policy: Mapping[str, Any]) -> bool:
    """Whether it was kept: not where somebody else has changed the draft's policy since the page was shown."""
    now, here = parts().clock(), seat()
    with parts().db.write() as conn:
        lock_names(conn, f"form:{row.id}")
        stands = form_rows.get(conn, row.site_id, row.key) or row
        if meanwhile.passed(meanwhile.seen(_said(stands))):
            return False
        try:
            text = with_policy(stands.draft, policy)
        except FormError:
            abort(409)  # the draft is no form any more: another page tells what is wrong with it
        form_rows.save_draft(conn, row.site_id, text, now)
        audit.add(conn, row.site_id, now, "policy_saved", row.key, user_id=here.user.id)
    return True


def _changes(stands: Mapping[str, Any], typed: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Of whole policies: what is called so → what stands, where it was typed otherwise."""
    told = _told(stands)
    return meanwhile.differing({label: label for label in told}, told, _told(typed))


def _told(one: Mapping[str, Any]) -> dict[str, str]:
    """A whole policy, by what its page calls each."""

    def ticked(is_so: bool) -> str:
        return "✓" if is_so else "✗"

    check_words = Wording(lang()).check_words
    names = {check.__name__: check_words(check.__name__) for check in CHECKS}
    return {
        t("policy_hold_at"): formats().number(one["hold_at"]),
        t("policy_confirm"): t(f"policy_confirm_{one['confirm']}"),
        t("policy_refuse"): ticked(one["refuse_disposable"]),
        **{f"{words}: {t('policy_runs')}": ticked(name not in one["skip"]) for name, words in names.items()},
        **{f"{words}: {t('policy_closed')}": ticked(name in one["fail_closed"]) for name, words in names.items()},
        **{t(f"outside_{name}"): ticked(name in one["outside"]) for name in sorted(OUTSIDE)},
    }


def _shown(row: FormRow, policy: Mapping[str, Any], *, days: int, **more: Any) -> Any:
    problem, newer, status = more.get("problem"), more.get("newer"), more.get("status", 200)
    found = tried(lambda: _try(row, policy, days)) if problem is None else None
    template = "policy_tried.html" if more.get("tried_only") else "form_policy.html"
    return page(
        template,
        status,
        row=row,
        title=form_title(row),
        policy=_whole(policy),
        saved=_whole(_said(row)),
        problem=problem,
        newer=newer,
        was=request.form["was"] if "was" in request.form and newer is None else meanwhile.seen(_said(row)),
        tried=None if isinstance(found, Later) else found,
        later=found if isinstance(found, Later) else None,
        days=days,
        periods=DAYS,
        order=ORDER,
        checks=[check.__name__ for check in CHECKS],
        outside=sorted(OUTSIDE),
        confirms=get_args(Confirm),
        looked_at=LOOKED_AT,
    )


def _try(row: FormRow, policy: Mapping[str, Any], days: int) -> Tried:
    """Under exactly this policy, whatever the form's versions had."""
    wanted = Wanted(row.site_id, parts().clock() - timedelta(days=days), row.id, LOOKED_AT)
    tally, changes = Tally(), 0
    changed: list[Replayed] = []
    with parts().db.read() as conn:
        for one in replay(conn, wanted, _whole(policy), tally=tally):
            if one.changes:
                changes += 1
                if len(changed) < LISTED:
                    changed.append(one)
        lines = submissions_search.lines(conn, row.site_id, [one.submission.id for one in changed])
    seen = tally.judged + sum(tally.left_out.values())
    return Tried(days, tally, [(one, lines[one.submission.id]) for one in changed], changes, seen >= LOOKED_AT)


def _asked() -> tuple[dict[str, Any], str | None]:
    """The policy that the page's form says, without what is so by itself; and what is wrong with its number, which
    it then lacks."""
    chosen = _chosen()
    hold_at = fold_digits(request.form.get("hold_at", "").strip())
    usable = hold_at.isascii() and hold_at.isdigit() and len(hold_at) <= 4 and _fits({"hold_at": int(hold_at)})
    policy = {"hold_at": int(hold_at), **chosen} if usable else chosen
    shipped = _whole({})
    said = {name: value for name, value in policy.items() if value != shipped[name]}
    return said, None if usable else say(lang(), "console.policy_hold_at_bad")


def _chosen() -> dict[str, Any]:
    """All but the number. A name that the page does not offer is refused (400)."""
    given = request.form
    runs = set(given.getlist("run"))
    chosen: dict[str, Any] = {
        "refuse_disposable": given.get("refuse_disposable") == "1",
        "confirm": given.get("confirm", "doubtful"),
        "skip": [check.__name__ for check in CHECKS if check.__name__ not in runs],
        "fail_closed": [name for name in given.getlist("closed") if name in runs],
        "outside": given.getlist("outside"),
    }
    if not _fits(chosen) or set(chosen["outside"]) - set(OUTSIDE):
        abort(400)
    return chosen


def _fits(policy: Mapping[str, Any]) -> bool:
    try:
        Policy.from_mapping(policy)
    except PolicyError:
        return False
    return True


def _said(row: FormRow) -> Mapping[str, Any]:
    try:
        return from_toml(row.draft).policy
    except FormError:
        abort(409)


def _whole(policy: Mapping[str, Any]) -> dict[str, Any]:
    """Every key said, in the order of the page."""
    judged = Policy.from_mapping(policy)
    return {
        "hold_at": judged.hold_at,
        "refuse_disposable": judged.refuse_disposable,
        "confirm": judged.confirm,
        "skip": [check.__name__ for check in CHECKS if check.__name__ in judged.skip],
        "fail_closed": [check.__name__ for check in CHECKS if check.__name__ in judged.fail_closed],
        "outside": sorted(judged.outside),
    }


def _days() -> int:
    asked = request.values.get("days", "")
    return next((days for days in DAYS if str(days) == asked), 30)


def _by_htmx() -> bool:
    return request.headers.get("HX-Request") == "true"
