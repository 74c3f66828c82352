"""`sarnakh forms` and `sarnakh rules`: TOML in as a draft, out again."""

from __future__ import annotations

import json
from pathlib import Path

import click

from forms.model import FormError
from gateway import rescoring
from gateway.cli.dedupe import progress_bar
from gateway.cli.sites import json_option, lang_option, site_of, site_option
from gateway.parts import Opener, Parts
from gateway.scoring.rulebook import RulebookError, shipped_text
from gateway.store import audit, rulebooks
from gateway.store import forms as store
from gateway.words import say


@click.group()
def forms() -> None:
    """Forms as TOML.

    Example: sarnakh forms export guide > guide.toml
    """


@forms.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--publish", is_flag=True, help="Publish at once instead of keeping a draft.")
@json_option
@site_option
@lang_option
@click.pass_obj
def import_forms(parts: Opener, /, files: tuple[Path, ...], site_key: str | None, lang: str, **given: bool) -> None:
    """Take TOML files in as drafts; all of them, or none.

    Example: sarnakh forms import guide.toml --publish
    """
    opened = parts()
    taken: list[tuple[str, int | None]] = []
    with opened.db.write() as conn:
        site = site_of(conn, site_key)
        for path in files:
            try:
                row = store.save_draft(conn, site.id, path.read_text("utf-8"), opened.clock())
            except FormError as error:
                raise click.ClickException(f"{path}: {error.line(say, lang)}") from error
            except ValueError as error:
                raise click.ClickException(f"{path}: {error}") from error
            taken.append((row.key, store.publish(conn, site.id, row.key, opened.clock()) if given["publish"] else None))
    if given["as_json"]:
        click.echo(json.dumps([{"form": key, "version": version} for key, version in taken]))
        return
    for key, version in taken:
        click.echo(f"{key}: {'draft kept' if version is None else f'published as version {version}'}")


@forms.command("export")
@click.argument("key")
@click.option("--version", "number", type=int, help="A published version instead of the draft.")
@json_option
@site_option
@click.pass_obj
def export_form(parts: Opener, /, key: str, number: int | None, as_json: bool, **given: str | None) -> None:
    """Write a form's TOML to standard output.

    Example: sarnakh forms export guide --version 2
    """
    with parts().db.read() as conn:
        row = store.get(conn, site_of(conn, given["site_key"]).id, key)
        if row is None:
            raise click.ClickException(f"no form {key!r}")
        contents = {old.version: old.content for old in store.versions(conn, row.id)}
    if number is not None and number not in contents:
        raise click.ClickException(f"{key!r} has no version {number}")
    content = row.draft if number is None else contents[number]
    click.echo(json.dumps({"form": key, "version": number, "toml": content}) if as_json else content, nl=as_json)


@click.group()
def rules() -> None:
    """The rulebook: points, profiles, stages.

    Example: sarnakh rules export > rules.toml
    """


@rules.command("export")
@json_option
@site_option
@click.pass_obj
def export_rules(parts: Opener, as_json: bool, site_key: str | None) -> None:
    """Write the rulebook in force to standard output.

    Example: sarnakh rules export
    """
    with parts().db.read() as conn:
        content = rulebooks.text_in_force(conn, site_of(conn, site_key).id) or shipped_text()
    click.echo(json.dumps({"toml": content}) if as_json else content, nl=as_json)


@rules.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--later", is_flag=True, help="Leave the leads to the running service, which scores them anew by parts.")
@json_option
@site_option
@lang_option
@click.pass_obj
def import_rules(parts: Opener, /, file: Path, site_key: str | None, lang: str, **given: bool) -> None:
    """Put a rulebook in force and score all leads anew, sending nothing to anybody.

    A killed run is gone on with by `sarnakh rules rescore`, or by the running service. Example: sarnakh rules import
    rules.toml
    """
    opened = parts()
    with opened.db.write() as conn:
        site = site_of(conn, site_key)
        try:
            version = rulebooks.publish(conn, site.id, file.read_text("utf-8"), opened.clock())
        except RulebookError as error:
            raise click.ClickException(f"{file}: {error.line(say, lang)}") from error
        except UnicodeDecodeError as error:
            raise click.ClickException(f"{file}: {error}") from error
        audit.add(conn, site.id, opened.clock(), "rules_published", str(version))
    scored = None if given["later"] else _rescore(opened, site.id)
    if given["as_json"]:
        click.echo(json.dumps({"version": version, "scored": scored}))
        return
    click.echo(f"in force as version {version}; {_told(scored)}")


@rules.command("rescore")
@json_option
@site_option
@click.pass_obj
def rescore(parts: Opener, as_json: bool, site_key: str | None) -> None:
    """Score the leads anew that stand by other rules than those in force. Safe to end and to run again.

    Example: sarnakh rules rescore
    """
    opened = parts()
    with opened.db.read() as conn:
        site = site_of(conn, site_key)
    scored = _rescore(opened, site.id)
    click.echo(json.dumps({"scored": scored}) if as_json else _told(scored))


def _rescore(parts: Parts, site_id: str) -> int:
    """All that wait, with a progress bar on a terminal; returns how many this run has scored."""
    before = rescoring.progress(parts.db, site_id)
    total, scored = (before.leads - before.done if before else None), 0
    with progress_bar("scoring", total) as bar:
        while done := rescoring.rescore(parts.db, site_id, parts.clock):
            scored += done
            bar.update(done)
    return scored


def _told(scored: int | None) -> str:
    return "the service scores the leads anew" if scored is None else f"{scored} leads scored anew"
