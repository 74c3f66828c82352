"""Forty posts from one address within seconds, eight at a time: as requests_browser, or as the proof solver does."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from bench.verification.clients import proof_solver, requests_browser
from bench.verification.target import Target, run


def visit(target: Target) -> str:
    def one(number: int) -> str:
        email = target.answers["email"].replace("@", f".{number}@")
        answers = target.answers | {"email": email, "message": target.extra["messages"][number]}
        somebody = replace(target, answers=answers)
        if "post" in target.extra:
            return str(proof_solver.send(somebody, wait=3).status_code)
        return requests_browser.visit(somebody)

    with ThreadPoolExecutor(8) as pool:
        told = Counter(pool.map(one, range(target.extra["times"])))
    return " ".join(f"{words}×{count}" for words, count in told.items())


if __name__ == "__main__":
    run(visit)
