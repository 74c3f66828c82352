"""The sweeper's endless round."""

from __future__ import annotations

from unittest.mock import MagicMock, Mock

import pytest

from gateway import jobs


class Enough(BaseException):
    """Ends the endless round."""


def test_r37_what_must_go_within_its_days_goes_though_every_sweep_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    cleaned = Mock(side_effect=[False, True])
    monkeypatch.setattr(jobs, "sweep", Mock(side_effect=RuntimeError))
    monkeypatch.setattr(jobs, "clean_up", cleaned)
    monkeypatch.setattr("gateway.jobs.time.sleep", Mock(side_effect=[None, None, Enough]))
    with pytest.raises(Enough):
        jobs.sweep_forever(Mock())
    assert cleaned.call_count == 2, "tried again when it fails, then not before the next hour"


def test_r37_what_must_go_goes_though_another_step_of_the_hour_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = {
        "gateway.jobs.alerts.draw_samples": RuntimeError,
        "gateway.jobs.privacy.expire": None,
        "gateway.jobs.imports.forget": None,
        "gateway.jobs.renewing.renew_in_background": None,
        "gateway.jobs.matching.keep_keys_new": RuntimeError,
        "gateway.jobs.rescoring.begin_where_needed": None,
        "gateway.jobs.next_questions.count_answers": None,
    }
    made = {name: Mock(side_effect=fault, return_value={} if "expire" in name else 0) for name, fault in steps.items()}
    for name, mock in made.items():
        monkeypatch.setattr(name, mock)
    monkeypatch.setattr("gateway.jobs.unsent.fold", Mock(return_value=0))
    assert not jobs.clean_up(MagicMock())
    assert all(mock.call_count == 1 for mock in made.values())
