"""Words for codes that the rows keep: findings, reasons, fields, origins, bases. A code that this release does not
know is shown as it is, so that old rows stay readable."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from gateway.delivery import retries
from gateway.records import Lead
from gateway.routing.wording import say_chosen
from gateway.scoring import wording as scoring
from gateway.scoring.fit import Fit
from gateway.scoring.model import GRADES, UNGRADED, EventRule, Rulebook, Segment
from gateway.web.console.formats import unturned
from gateway.web.console.labels import QUESTION
from gateway.words import say, say_finding

WARMTH = ("hot", "hot", "warm", "mild", "mild", "cool", "cool", "cool")  # by distance from A1

BITS = (("much", 8.0), ("some", 3.0), ("little", 0.5), ("nothing", 0.0))  # from so many bits on, either way


class Wording:
    """All of it in one language; templates get its methods by name."""

    def __init__(self, lang: str) -> None:
        self.lang = lang

    def finding_words(self, finding: Mapping[str, Any]) -> str:
        code = str(finding["code"])
        try:
            return say_finding(self.lang, code, finding.get("params", {}))
        except (KeyError, IndexError, ValueError, TypeError):
            return code.replace("_", " ")

    def check_words(self, check: str) -> str:
        return self._words(f"findings.check_{check}", {}, check.replace("_", " "))

    def decider_words(self, decider: str, names: Mapping[str, str]) -> str:
        """Who decided: somebody of staff by name, else the visitor, a command or another system."""
        if decider in names:
            return say(self.lang, "console.decided_by", name=names[decider])
        kind = decider if decider in {"visitor", "command"} else "api"
        return say(self.lang, f"console.decided_by_{kind}")

    def line_words(self, line: Any) -> str:
        """Of a score's line."""
        return self._scoring(line.code, line.params)

    def stage_words(self, code: str, params: Mapping[str, Any]) -> str:
        """Why a lead came to its stage."""
        return self._scoring(code, params)

    def disqualified_words(self, code: str) -> str:
        return self._words(f"scoring.{code}", {})

    def segment_words(self, segment: Segment) -> str:
        """What the marketer calls it; its key where she did not say."""
        return segment.title.get(self.lang) or next(iter(segment.title.values()), segment.key)

    def event_words(self, kind: str, name: str, rulebook: Rulebook) -> str:
        """What happened, as the rule for it is titled; else with the name that the site calls it by."""
        words = self._words(f"scoring.event_{kind}", {}, kind.replace("_", " "))
        if kind == "custom" and name:
            ruled = [rule for rule in rulebook.rules if isinstance(rule, EventRule) and rule.event == kind]
            titles = [rule.title for rule in ruled if rule.name == name and rule.title]  # switched off or not
            return titles[0].get(self.lang, name) if titles else name
        return say(self.lang, "scoring.when_name", what=words, told=name) if name else words

    def fit_words(self, rulebook: Rulebook, fit: Fit) -> str:
        try:
            return scoring.say_grade(self.lang, rulebook, fit)
        except KeyError:
            return f"{fit.share}%"

    def reason_words(self, reason: str) -> str:
        """Why a delivery failed, waits or was given up."""
        return self._words(*retries.reason_key(reason))

    def chosen_words(self, delivery: Any) -> str:
        """Why a destination got the lead, as its delivery keeps it."""
        return say_chosen(self.lang, delivery.chosen, delivery.rule_position, delivery.rule_title)

    def asked_words(self, reason: str) -> str:
        """Why a question is asked or rests; which of the two it is, the page says by itself."""
        words = self._words(f"forms.reason.{reason}", {}, reason.replace("_", " "))
        return words.partition(": ")[2] or words

    def setting_words(self, code: str) -> str:
        """What is wrong with a destination's setting."""
        return self._words(f"delivery.settings.{code}", {})

    def field_words(self, name: str, labelled: Callable[[str, str], str]) -> str:
        """Well-known fields by name; a form's own as its question asks for it, by the page's labels."""
        asked = labelled(name, QUESTION)
        return self._words(f"console.field_{name}", {}, "" if asked == QUESTION else asked)

    def touch_words(self, key: str) -> str:
        """A campaign's mark; the click ids of ad networks keep their own names."""
        return self._words(f"console.touch_{key}", {}, key)

    def weighed_words(self, field: str) -> str:
        """A field as the matcher compares it."""
        return self._words(f"matching.field.{field}", {})

    def level_words(self, level: str) -> str:
        """How two values agree."""
        return self._words(f"matching.level.{level}", {})

    def bits_words(self, bits: float) -> str:
        """How much that says for or against one person."""
        size = next(name for name, least in BITS if abs(bits) >= least)
        if size == "nothing":
            return say(self.lang, "console.says_nothing")
        return say(self.lang, f"console.says_{size}_{'for' if bits > 0 else 'against'}")

    def basis_words(self, basis: str) -> str:
        return self._words(f"console.basis_{basis.replace('+', '_')}", {}, basis)

    def origin_words(self, origin: str) -> str:
        """Where a value came from: the kind of its origin; whose it was stands in the story."""
        kind = origin.partition(":")[0] if ":" in origin else origin.partition("_")[0]
        return self._words(f"console.origin_{kind}", {}, origin)

    def _scoring(self, code: str, params: Mapping[str, Any]) -> str:
        try:
            return scoring.say_code(self.lang, code, params)
        except (KeyError, IndexError, ValueError):
            return code.replace("_", " ")

    def _words(self, key: str, params: Mapping[str, Any], otherwise: str = "") -> str:
        try:
            return say(self.lang, key, **params)
        except (KeyError, IndexError, ValueError, TypeError):
            return otherwise or key.rpartition(".")[2].removeprefix("field_").replace("_", " ")


def functions(lang: str) -> dict[str, Any]:
    """What templates call."""
    wording = Wording(lang)
    named = (name for name in dir(Wording) if name.endswith("_words"))
    return {
        **{name: getattr(wording, name) for name in named if not name.startswith("_")},
        "lead_name": lead_name,
        "lead_address": lead_address,
        "lead_facts": lead_facts,
        "cell_class": cell_class,
        "pretty_json": pretty_json,
    }


def lead_name(facts: Mapping[str, Any]) -> str:
    """The person's name, else the address that they are known by; empty for nobody."""
    parts = [str(facts[name]) for name in ("first_name", "last_name") if facts.get(name)]
    known = [" ".join(parts), *(facts.get(name) for name in ("name", "full_name", "email", "phone"))]
    return next((unturned(str(one)) for one in known if one), "")


def lead_address(facts: Mapping[str, Any]) -> str:
    """What tells people of one name apart: the e-mail address, else the phone; empty where that is the name."""
    known = next((unturned(str(facts[name])) for name in ("email", "phone") if facts.get(name)), "")
    return "" if known == lead_name(facts) else known


def lead_facts(lead: Lead) -> dict[str, Any]:
    return {name: fact.value for name, fact in lead.facts.items()}


def cell_class(grade: str, interest: int) -> str:
    """How warm a cell is, for its colour."""
    return "plain" if grade == UNGRADED else WARMTH[GRADES.index(grade) + interest - 1]


def pretty_json(text: str) -> str:
    """A payload to read; what is sent is the stored text, byte for byte."""
    return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
