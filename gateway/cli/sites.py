"""`sarnakh sites`: the web properties of this installation, how commands name one, and the options they share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click
from sqlalchemy import Connection

from gateway.net import origin
from gateway.parts import Opener
from gateway.records import Site
from gateway.store import sites as store
from gateway.terminal import plain, to_json
from gateway.words import LANGUAGES


def site_of(conn: Connection, key: str | None) -> Site:
    """The site with this key; without one, the only site. Raises ClickException that says which there are."""
    found = store.all_sites(conn)
    named = [site for site in found if key in (None, site.key)]
    if len(named) == 1:
        return named[0]
    if not found:
        raise click.ClickException("there is no site yet: sarnakh sites add KEY --name NAME --origin https://…")
    raise click.ClickException(f"which site? --site {' | '.join(site.key for site in found)}")


site_option = click.option("--site", "site_key", help="The site's key; not needed while there is one site.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def tell(as_json: bool, said: Mapping[str, object], words: str, *, err: bool = False) -> None:
    """What a command has done: as JSON on standard output, or in words (err: on standard error)."""
    if as_json:
        click.echo(json.dumps(said, ensure_ascii=False))
    else:
        click.echo(words, err=err)


lang_option = click.option(
    "--lang", type=click.Choice(LANGUAGES), default="en", show_default=True, help="Of what is told."
)


@click.group()
def sites() -> None:
    """Web properties whose leads are walls apart.

    Example: sarnakh sites list
    """


@sites.command("add")
@click.argument("key")
@click.option("--name", required=True, help="What people call it.")
@click.option("--origin", "origins", multiple=True, help="An origin that may embed forms: https://www.example.com")
@click.option(
    "--lang", type=click.Choice(["fa", "en"]), default="fa", show_default=True, help="Where a form names none."
)
@click.option("--timezone", default="Asia/Tehran", show_default=True, help="In which times are shown.")
@json_option
@click.pass_obj
def add_site(parts: Opener, /, key: str, as_json: bool, **given: Any) -> None:
    """Make a site.

    Example: sarnakh sites add shop --name "My shop" --origin https://www.example.com
    """
    made = parts()
    if not key.isascii() or not key.replace("-", "").isalnum() or len(key) > 40:
        raise click.ClickException(f"{key!r}: write up to 40 letters, digits and hyphens")
    origins = [_origin(text) for text in given["origins"]]
    with made.db.write() as conn:
        if store.by_key(conn, key):
            raise click.ClickException(f"there is a site {key!r} already")
        site = store.add(
            conn, key, given["name"], made.clock(),
            origins=origins, lang=given["lang"], timezone=given["timezone"],
        )  # fmt: skip
    click.echo(json.dumps({"id": site.id, "key": key}) if as_json else f"{key}: made")


def _origin(text: str) -> str:
    found = origin(text)
    if found is None:
        raise click.ClickException(f"--origin {text!r}: write one such as https://www.example.com")
    return found


@sites.command("list")
@json_option
@click.pass_obj
def list_sites(parts: Opener, as_json: bool) -> None:
    """Show every site.

    Example: sarnakh sites list --json
    """
    with parts().db.read() as conn:
        found = store.all_sites(conn)
    rows = [{"id": site.id, "key": site.key, "name": site.name, "origins": list(site.origins)} for site in found]
    if as_json:
        click.echo(to_json(rows))
        return
    for row in rows:
        click.echo(plain(f"{row['key']:20} {row['name']}  {' '.join(row['origins'])}"))
