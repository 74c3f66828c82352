"""Forty posts from one address within seconds, eight at a time, each by the proof solver without its patience."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from bench.verification.clients.proof_solver import send
from bench.verification.target import Target, run


def visit(target: Target) -> str:
    def one(number: int) -> int:
        email = target.answers["email"].replace("@", f".{number}@")
        answers = target.answers | {"email": email, "message": target.extra["messages"][number]}
        return send(replace(target, answers=answers), wait=3).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(one, range(target.extra["times"])))
    return " ".join(f"{status}×{count}" for status, count in statuses.items())


if __name__ == "__main__":
    run(visit)
