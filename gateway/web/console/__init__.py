"""The console: what staff see. One file a page group; who may open a page stands in access.py."""

from gateway.web.console import (  # each module puts its routes on the blueprint
    auth,
    by_person,
    deliveries,
    destinations,
    duplicates,
    erasing,
    fact,
    forms,
    heard,
    imports,
    lead,
    leads,
    merging,
    organisations,
    overview,
    people,
    policy,
    questions,
    relinking,
    results,
    review,
    review_sample,
    routes,
    rules,
    rules_change,
    rules_publish,
    rules_try,
    segments,
    settings,
    sites,
    tokens,
    visits,
)
from gateway.web.console.frame import blueprint, init

__all__ = [
    "auth", "blueprint", "by_person", "deliveries", "destinations", "duplicates", "erasing", "fact", "forms", "heard",
    "imports", "init", "lead", "leads", "merging", "organisations", "overview", "people", "policy", "questions",
    "relinking", "results", "review", "review_sample", "routes", "rules", "rules_change", "rules_publish", "rules_try",
    "segments", "settings", "sites", "tokens", "visits",
]  # fmt: skip
