"""The command `sarnakh`. Each group has a file; each command has an example in its help and fails in one line."""

from __future__ import annotations

import os
import sys

import click
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, ProgrammingError

import config
from gateway.cli.calibrate import calibrate
from gateway.cli.check_emails import check_emails
from gateway.cli.dedupe import dedupe
from gateway.cli.deliveries import deliveries
from gateway.cli.destinations import destinations
from gateway.cli.doctor import doctor
from gateway.cli.erase import erase
from gateway.cli.forms import forms, rules
from gateway.cli.inbound_key import inbound_key
from gateway.cli.leads import leads
from gateway.cli.leads_export import export
from gateway.cli.lists import lists
from gateway.cli.pace import pace
from gateway.cli.people import tokens, users
from gateway.cli.rules_try import try_rules
from gateway.cli.serve import demo_site, migrate, run, sweeper, web, worker
from gateway.cli.sites import sites
from gateway.cli.verify import verify
from gateway.cli.weights import weights
from gateway.cli.why import why
from gateway.parts import Opener, Parts, make_parts
from gateway.store.migrate import MigrationError
from gateway.terminal import plain

COMMANDS: tuple[click.Command, ...] = (
    run, web, worker, sweeper, demo_site, migrate,
    why, verify, doctor,
    sites, forms, rules, leads, lists, check_emails, dedupe, weights, calibrate, destinations,
    deliveries, users, tokens,
)  # fmt: skip


destinations.add_command(inbound_key)
leads.add_command(erase)
leads.add_command(export)
destinations.add_command(pace)
rules.add_command(try_rules)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="sarnakh")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Sarnakh: lead intake and verification gateway.

    Example: sarnakh why sara@example.ir
    """
    ctx.obj = _parts_once()


def _parts_once() -> Opener:
    """What commands get: the parts, opened at the first call, so that `--help` needs no settings."""
    opened: list[Parts] = []

    def parts() -> Parts:
        if not opened:
            opened.append(make_parts(config.load()))
        return opened[0]

    return parts


for command in COMMANDS:
    cli.add_command(command)


def main() -> None:
    """Run a command; whatever the operator can mend is one line on standard error and exit code 1."""
    os.umask(0o077)  # database, keys and exports are this user's alone, in a DATA_DIR that others may read too
    try:
        if code := cli(standalone_mode=False):  # click hands back what a command's `Exit` says; others give nothing
            sys.exit(code)
    except click.Abort:
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.UsageError as error:
        asked = f" ({error.ctx.command_path} --help)" if error.ctx else ""
        click.echo(f"Error: {plain(' '.join(error.format_message().split()))}{asked}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        click.echo(f"Error: {plain(' '.join(error.format_message().split()))}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the last flush would complain
        sys.exit(1)
    except (config.ConfigError, MigrationError, DBAPIError, RedisError, OSError) as error:
        click.echo(f"sarnakh: {_in_one_line(error)}", err=True)
        sys.exit(1)


def _in_one_line(error: Exception) -> str:
    said = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())
    if isinstance(error, DBAPIError):
        other = isinstance(error, ProgrammingError) or "no such" in said  # a table or column is missing
        mend = "the schema is of another version: run sarnakh migrate" if other else "check DATABASE_URL"
        return f"the database cannot be used ({said}): {mend}"
    return f"Valkey does not answer ({said}): check REDIS_URL" if isinstance(error, RedisError) else said
