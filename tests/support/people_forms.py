"""A form that asks who somebody is, and the people who fill it in."""

from __future__ import annotations

from typing import Any

from tests.support import intake

_FIELD = """
[[fields]]
name = "{0}"
type = "text"
required = false
label = {{ fa = "{1}", en = "{0}" }}
"""
WHO = intake.GUIDE.replace('name = "first_name"\ntype = "text"', 'name = "first_name"\ntype = "text"\nrequired = false')
WHO = WHO.replace('name = "email"\ntype = "email"\nalways = true', 'name = "email"\ntype = "email"\nrequired = false')
WHO = WHO.replace(
    '[[fields]]\nname = "phone"', _FIELD.format("last_name", "نام خانوادگی") + '\n[[fields]]\nname = "phone"'
)
WHO = WHO.replace(
    '[[fields]]\nname = "time_to_buy"', _FIELD.format("company", "شرکت") + '\n[[fields]]\nname = "time_to_buy"'
)
ALL = WHO.replace(
    '[[fields]]\nname = "time_to_buy"', _FIELD.format("city", "شهر") + '\n[[fields]]\nname = "time_to_buy"'
)
# A rare name, so that its agreeing says much.
ZAND: dict[str, Any] = {
    "email": "zandvakili@example.com",
    "first_name": "Farzin",
    "last_name": "Zandvakili",
    "phone": "+989123456701",
    "company": "Acme Steel",
}
AGAIN = {**ZAND, "email": "farzin.z@example.ir"}  # the same with another mailbox
