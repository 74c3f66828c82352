"""A paid person pastes spam, in no hurry: only the words tell."""

from bench.verification.people.paste import visit
from bench.verification.target import run

if __name__ == "__main__":
    run(visit)
