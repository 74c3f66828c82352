"""The sweeper's endless round."""

from __future__ import annotations

from unittest.mock import Mock

import pytest

from gateway import jobs


class Enough(BaseException):
    """Ends the endless round."""


def test_r37_what_must_go_within_its_days_goes_though_every_sweep_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    cleaned = Mock(side_effect=[RuntimeError, None])
    monkeypatch.setattr(jobs, "sweep", Mock(side_effect=RuntimeError))
    monkeypatch.setattr(jobs, "clean_up", cleaned)
    monkeypatch.setattr("gateway.jobs.time.sleep", Mock(side_effect=[None, None, Enough]))
    with pytest.raises(Enough):
        jobs.sweep_forever(Mock())
    assert cleaned.call_count == 2, "tried again when it fails, then not before the next hour"
