"""`sarnakh run` and the parts that it consists of, for many machines."""

from __future__ import annotations

import os
import sys

import click
from rq import Queue, SimpleWorker

import config
from gateway import jobs, logs
from gateway.cli.sites import json_option, tell
from gateway.doorbell import DELIVERY, INTAKE, LEARNING, LISTS
from gateway.parts import Opener
from gateway.store.migrate import migrate as migrate_database
from gateway.valkey import client


@click.command()
@click.option("--demo", is_flag=True, help="Load the demo site, its landing page and its CRM inbox.")
def run(demo: bool) -> None:
    """Everything on this machine, until Ctrl-C.

    Example: sarnakh run --demo
    """
    from gateway import supervisor
    from gateway.demo import seed

    sys.exit(supervisor.run(config.load(), demo=demo, seed=seed.seed if demo else None))


@click.command()
def web() -> None:
    """The web server alone.

    Example: PORT=8000 sarnakh web
    """
    from gateway.supervisor import web_command

    command = web_command(config.load())
    os.execv(command[0], command)  # noqa: S606  our own words


@click.command()
@click.option("--only", type=click.Choice([INTAKE, DELIVERY]), help="Take one kind of work; without it, both.")
@click.option("--burst", is_flag=True, help="Stop when nothing is left.")
def worker(only: str | None, burst: bool) -> None:
    """Process submissions and send deliveries.

    Example: sarnakh worker --only intake
    """
    settings = config.load()
    logs.set_up(settings.log_level)
    redis = client(settings, blocking=True)
    own = {INTAKE: [INTAKE, LISTS, LEARNING], DELIVERY: [DELIVERY]}
    kinds = own.get(only or "", [INTAKE, DELIVERY, LISTS, LEARNING])
    queues = [Queue(name, connection=redis) for name in kinds]
    SimpleWorker(queues, connection=redis).work(burst=burst, logging_level="WARNING")


@click.command()
@click.pass_obj
def sweeper(parts: Opener) -> None:
    """Put back what was stored or due and has no live job; mail, decay, clean-up.

    Example: sarnakh sweeper
    """
    opened = parts()
    logs.set_up(opened.config.log_level)
    jobs.sweep_forever(opened)


@click.command("demo-site")
def demo_site() -> None:
    """The demo's landing page and CRM inbox alone.

    Example: sarnakh demo-site
    """
    from gateway.supervisor import demo_command

    command = demo_command(config.load())
    os.execv(command[0], command)  # noqa: S606  our own words


@click.command()
@json_option
def migrate(as_json: bool) -> None:
    """Bring the database to this version's schema.

    Example: sarnakh migrate
    """
    migrate_database(config.load().database_url)
    tell(as_json, {"up_to_date": True}, "the database is up to date")
