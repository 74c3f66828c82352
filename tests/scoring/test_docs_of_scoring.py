"""The docs name every shipped rule, line, stage and event."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.scoring.event_types import EVENT_TYPES
from gateway.scoring.lines import LINE_CODES
from gateway.scoring.model import STAGES
from gateway.scoring.reading import DISQUALIFIERS
from gateway.scoring.rulebook import shipped

DOCS = (Path(__file__).parents[2] / "docs" / "scoring.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "code",
    [
        *(rule.code for rule in shipped().rules),
        *(entry.code for stage in shipped().stages for entry in stage.entries),
        *LINE_CODES,
        *DISQUALIFIERS,
        *(fact.condition.field for profile in shipped().profiles for fact in profile.facts),
    ],
)
def test_each_code_has_its_line_in_the_docs(code):
    assert f"`{code}`" in DOCS


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.name)
def test_each_event_type_has_its_line_in_the_docs(kind):
    assert f"| `{kind.name}` | {', '.join(kind.sources)} | {kind.what} |" in DOCS


@pytest.mark.parametrize("stage", STAGES)
def test_each_stage_has_its_line_in_the_docs(stage):
    assert f"| {stage} |" in DOCS
