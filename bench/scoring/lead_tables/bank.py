"""Bank Marketing (UCI, Moro, Cortez and Rita 2014): 41,188 people called by a Portuguese bank about a term deposit.

Left out: `duration`, which its authors say gives the outcome away, and `campaign`, the calls until the outcome;
`month`, `day_of_week` and the five figures of the economy, which say when somebody was called and nothing of whom.
"""

from __future__ import annotations

from bench.scoring.lead_tables import LeadTable, Marked, at_least, number, one_of

RULES = (
    Marked("bought_before", 40, "took the offer of an earlier campaign", one_of("poutcome", "success")),
    Marked("refused_before", -10, "said no to an earlier one", one_of("poutcome", "failure")),
    Marked("talked_lately", 10, "talked to within ten days", lambda row: number(row["pdays"]) <= 10),
    Marked("known_well", 5, "was in two campaigns or more", at_least("previous", 2)),
    Marked("mobile", 5, "is reached in person", one_of("contact", "cellular")),
    Marked("under_25", -5, "has little to put by", lambda row: number(row["age"]) < 25),
    Marked("from_30", 0, "earns", at_least("age", 30)),
    Marked("from_40", 0, "earns more", at_least("age", 40)),
    Marked("from_50", 5, "puts by for later", at_least("age", 50)),
    Marked("from_60", 15, "lives on savings", at_least("age", 60)),
    Marked("retired", 15, "lives on savings", one_of("job", "retired")),
    Marked("manager", 15, "earns well", one_of("job", "management")),
    Marked("office", 5, "a steady income", one_of("job", "admin.")),
    Marked("technician", 0, "a steady income", one_of("job", "technician")),
    Marked("in_services", 0, "a small income", one_of("job", "services")),
    Marked("own_firm", 5, "has money at hand", one_of("job", "entrepreneur", "self-employed")),
    Marked("worker", -5, "has little to put by", one_of("job", "blue-collar", "housemaid")),
    Marked("student", -10, "has no income", one_of("job", "student")),
    Marked("unemployed", -15, "has no income", one_of("job", "unemployed")),
    Marked("degree", 10, "understands the product", one_of("education", "university.degree")),
    Marked("trained", 5, "a profession", one_of("education", "professional.course")),
    Marked("basic_school", -5, "has little to put by", one_of("education", "basic.4y", "basic.6y", "basic.9y")),
    Marked("married", 5, "puts by for a family", one_of("marital", "married")),
    Marked("single", 0, "for nobody else", one_of("marital", "single")),
    Marked("mortgage", -10, "the money is bound", one_of("housing", "yes")),
    Marked("loan", -15, "owes money", one_of("loan", "yes")),
    Marked("default_open", -15, "may be in default", one_of("default", "yes", "unknown")),
)

BANK = LeadTable(
    name="bank",
    separator=";",
    outcome="y",
    won="yes",
    rules=RULES,
    numbers=("age", "pdays", "previous"),
    words=("job", "marital", "education", "default", "housing", "loan", "contact", "poutcome"),
)
