"""A form as TOML that a person can edit: what a form need not say is left out."""

from __future__ import annotations

from typing import Any

import tomli_w

from forms.records import LANGUAGES, Band, Consent, Field, Form, Offer, Option, Quote

# Questions that are not asked at first contact unless the form says first_contact = true: "will you do business
# with us?" annoys whoever is new (issue 2, point 4). By name, so that copied forms keep it.
NOT_AT_FIRST_CONTACT = frozenset({"do_business", "work_with_us", "become_customer", "buy_from_us"})


def always_by_itself(kind: str, *, scored: bool = False) -> bool:
    """An e-mail field is the identifier and asked at each visit, unless the form says always = false; an assessment's
    questions are asked together at each visit."""
    return scored or kind == "email"


def at_first_contact(name: str) -> bool:
    return name not in NOT_AT_FIRST_CONTACT


def to_toml(form: Form) -> str:
    """The form as TOML; `forms.model.from_toml` reads the same form back."""
    everything: dict[str, Any] = {
        "key": form.key,
        "languages": list(form.languages) if form.languages != LANGUAGES else None,
        "questions_per_visit": form.questions_per_visit if form.questions_per_visit != 2 else None,
        "order": form.order if form.order != "fixed" else None,
        "contact_requested": form.contact_requested or None,
        "kiosk": form.kiosk or None,
        "title": form.title,
        "intro": form.intro,
        "incentive": form.incentive,
        "submit_label": form.submit_label,
        "thanks": form.thanks,
        "offer": _offer(form.offer) if form.offer else None,
        "theme": form.theme,
        "policy": form.policy,
        "fields": [_field(field) for field in form.fields],
        "bands": [_band(band) for band in form.bands],
        "consents": [_consent(consent) for consent in form.consents],
        "quotes": [_quote(quote) for quote in form.quotes],
    }
    return tomli_w.dumps(_said(everything))


def _field(field: Field) -> dict[str, Any]:
    shown = field.type != "hidden"
    return _said(
        {
            "name": field.name,
            "type": field.type,
            "source": field.source,
            "required": False if shown and not field.required else None,
            "always": _always(field) if shown else None,
            "first_contact": (
                field.first_contact if shown and field.first_contact != at_first_contact(field.name) else None
            ),
            "rest_days": field.rest_days if field.rest_days != 30 else None,
            **_steering(field),
            "max_length": field.max_length,
            "min": field.min,
            "max": field.max,
            "autocomplete": field.autocomplete,
            "default_region": field.default_region if field.default_region != "IR" else None,
            "label": field.label,
            "help": field.help,
            "improve": field.improve,
            "messages": {code: dict(text) for code, text in field.messages.items()},
            "options": [_option(option) for option in field.options],
        }
    )


def _always(field: Field) -> bool | None:
    return field.always if field.always != always_by_itself(field.type, scored=field.scored) else None


def _steering(field: Field) -> dict[str, Any]:
    """When it is asked."""
    return {
        "priority": field.priority or None,
        "group": field.group,
        "from_stage": field.from_stage,
        "ask_again_days": field.ask_again_days,
        "unless_known": [" + ".join(names) for names in field.unless_known],
        "when": {"field": field.when.field, "is": list(field.when.values)} if field.when else None,
        "sensitive": field.sensitive or None,
    }


def _option(option: Option) -> dict[str, Any]:
    return _said({"value": option.value, "points": option.points, "label": dict(option.label)})


def _band(band: Band) -> dict[str, Any]:
    named = {"key": band.key, "from": band.start, "points": band.points or None}
    return _said({**named, "title": dict(band.title), "advice": dict(band.advice)})


def _consent(consent: Consent) -> dict[str, Any]:
    required = consent.required or None
    named = {"purpose": consent.purpose, "legal_basis": consent.legal_basis, "required": required}
    return _said({**named, "text": consent.text})


def _offer(offer: Offer) -> dict[str, Any]:
    return _said({"kind": offer.kind, "level": offer.level, "file": offer.file, "title": offer.title})


def _quote(quote: Quote) -> dict[str, Any]:
    return {"text": dict(quote.text), "by": dict(quote.by)}


def _said(row: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty; 0 and false are said."""
    return {key: value for key, value in row.items() if value is not None and value not in ("", {}, [])}
