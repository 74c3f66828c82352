"""`sarnakh sites`: the web properties of this installation, and how commands name one."""

from __future__ import annotations

import json

import click
from sqlalchemy import Connection

from gateway.parts import Opener
from gateway.records import Site
from gateway.store import sites as store


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


@click.group()
def sites() -> None:
    """Web properties whose leads are walls apart.

    Example: sarnakh sites list
    """


@sites.command("add")
@click.argument("key")
@click.option("--name", required=True)
@click.option("--origin", "origins", multiple=True, help="An origin that may embed forms: https://www.example.com")
@click.option("--lang", type=click.Choice(["fa", "en"]), default="fa", show_default=True)
@click.option("--timezone", default="Asia/Tehran", show_default=True)
@click.pass_obj
def add_site(parts: Opener, key: str, name: str, origins: tuple[str, ...], lang: str, timezone: str) -> None:  # noqa: PLR0917
    """Make a site.

    Example: sarnakh sites add shop --name "My shop" --origin https://www.example.com
    """
    made = parts()
    if not key.isascii() or not key.replace("-", "").isalnum() or len(key) > 40:
        raise click.ClickException(f"{key!r}: write up to 40 letters, digits and hyphens")
    with made.db.write() as conn:
        if store.by_key(conn, key):
            raise click.ClickException(f"there is a site {key!r} already")
        store.add(conn, key, name, made.clock(), origins=list(origins), lang=lang, timezone=timezone)
    click.echo(f"{key}: made")


@sites.command("list")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def list_sites(parts: Opener, as_json: bool) -> None:
    """Show every site.

    Example: sarnakh sites list --json
    """
    with parts().db.read() as conn:
        found = store.all_sites(conn)
    rows = [{"id": site.id, "key": site.key, "name": site.name, "origins": list(site.origins)} for site in found]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['key']:20} {row['name']}  {' '.join(row['origins'])}")
