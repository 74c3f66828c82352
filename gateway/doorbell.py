"""The doorbell: tells a worker that rows wait. It carries nothing, so nothing is lost with it (rule 39)."""

from __future__ import annotations

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue

INTAKE = "intake"  # queue of drains: rows of the outbox
DELIVERY = "delivery"  # queue of deliveries that are due
LISTS = "lists"  # lists that somebody uploaded
LEARNING = "learning"  # calibrations that somebody asked for
JOBS = {
    INTAKE: "gateway.jobs.drain",
    DELIVERY: "gateway.jobs.deliver",
    LISTS: "gateway.jobs.lists",
    LEARNING: "gateway.jobs.learn",
}
FLAG_SECONDS = 10  # a flag whose job died with its worker stands no longer than this
JOB_SECONDS = 300
LONGEST = {LISTS: 3600, LEARNING: 3600}  # done at one go; others have their turn meanwhile

log = structlog.get_logger()


class Doorbell:
    """One flag a queue, set if absent: at most one job waits."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._queues = {name: Queue(name, connection=redis) for name in JOBS}

    def ring(self, queue: str) -> bool:
        """False when Valkey did not answer: the sweeper then does the work itself."""
        try:
            if self.redis.set(_flag(queue), "1", nx=True, ex=FLAG_SECONDS):
                self._queues[queue].enqueue(
                    JOBS[queue],
                    job_timeout=LONGEST.get(queue, JOB_SECONDS),
                    result_ttl=0,
                    failure_ttl=3600,
                    ttl=JOB_SECONDS,
                )
        except RedisError as error:
            log.warning("doorbell_silent", queue=queue, error=type(error).__name__)
            return False
        return True

    def clear(self, queue: str) -> None:
        """Done by the job first thing, so that a row that comes while it works rings anew."""
        try:
            self.redis.delete(_flag(queue))
        except RedisError as error:
            log.warning("doorbell_silent", queue=queue, error=type(error).__name__)

    def answers(self) -> bool:
        try:
            return bool(self.redis.ping())
        except RedisError:
            return False


def _flag(queue: str) -> str:
    return f"sarnakh:bell:{queue}"
