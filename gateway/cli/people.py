"""`sarnakh users` and `sarnakh tokens`: who may enter the console, and what other systems enter the API with."""

from __future__ import annotations

import json

import click
from sqlalchemy import Connection

from gateway.cli.sites import json_option, site_of, site_option, tell
from gateway.parts import Opener, Parts
from gateway.store import api_tokens
from gateway.store import sites as site_store
from gateway.store import users as store
from gateway.store.users import ROLES, User
from gateway.terminal import plain, to_json


@click.group()
def users() -> None:
    """People of the console.

    Example: sarnakh users add sara@example.ir --name "Sara" --role admin
    """


@users.command("add")
@click.argument("email")
@click.option("--name", default="", help="How the console greets them; the address if absent.")
@click.option("--role", type=click.Choice(ROLES), default="admin", show_default=True, help="What they may do.")
@click.option("--lang", type=click.Choice(["fa", "en"]), default="fa", show_default=True, help="Of their console.")
@json_option
@site_option
@click.pass_obj
def add_user(  # noqa: PLR0917
    parts: Opener, email: str, name: str, role: store.Role, lang: str, as_json: bool, site_key: str | None
) -> None:
    """Let a person into a site with a role, and print the link where they choose a password. A person who is
    there already gets the role on this site too. Where there is no site yet, one called `main` is made.

    Example: sarnakh users add sara@example.ir --name "Sara" --role admin
    """
    made = parts()
    with made.db.write() as conn:
        site_id = _site_or_first(conn, made, site_key)
        user = store.by_email(conn, email) or _add(conn, made, email, name=name, lang=lang)
        store.set_role(conn, user.id, site_id, role)
        token = store.make_link(conn, user.id, "invite", made.clock())
    _print_link(made, user, token, as_json)


@users.command("link")
@click.argument("email")
@json_option
@click.pass_obj
def make_link(parts: Opener, email: str, as_json: bool) -> None:
    """Print a link where this person chooses a new password: for where no mail can be sent.

    Example: sarnakh users link sara@example.ir
    """
    made = parts()
    with made.db.write() as conn:
        user = _user(conn, email)
        token = store.make_link(conn, user.id, "reset", made.clock())
    _print_link(made, user, token, as_json)


@users.command("list")
@json_option
@site_option
@click.pass_obj
def list_users(parts: Opener, as_json: bool, site_key: str | None) -> None:
    """Show everybody with a role on a site.

    Example: sarnakh users list --json
    """
    with parts().db.read() as conn:
        people = store.people(conn, site_of(conn, site_key).id)
    rows = [{"email": one.user.email, "name": one.user.name, "role": one.role} for one in people]
    if as_json:
        click.echo(to_json(rows))
        return
    for row in rows:
        click.echo(plain(f"{row['role']:9} {row['email']}  {row['name']}"))


@users.command("remove")
@click.argument("email")
@json_option
@site_option
@click.pass_obj
def remove_user(parts: Opener, email: str, as_json: bool, site_key: str | None) -> None:
    """Take a person off a site. Their open pages of it end at once.

    Example: sarnakh users remove sara@example.ir
    """
    with parts().db.write() as conn:
        user = _user(conn, email)
        store.set_role(conn, user.id, site_of(conn, site_key).id, None)
    tell(as_json, {"id": user.id, "email": user.email, "removed": True}, f"{email}: removed", err=True)


@click.group()
def tokens() -> None:
    """API tokens; each belongs to one site.

    Example: sarnakh tokens create --name CRM --scope leads:read --scope leads:write
    """


@tokens.command("create")
@click.option("--name", default="API", show_default=True, help="What it is for.")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice(api_tokens.SCOPES), help="What it may do."
)
@json_option
@site_option
@click.pass_obj
def create_token(parts: Opener, /, name: str, scopes: tuple[str, ...], as_json: bool, **given: str | None) -> None:
    """Make a token and print it, once and alone, on standard output.

    Example: sarnakh tokens create --name CRM --scope leads:read --scope leads:write
    """
    made = parts()
    with made.db.write() as conn:
        site_id = site_of(conn, given["site_key"]).id
        token, secret = api_tokens.create(conn, site_id, name, made.clock(), scopes=scopes)
    click.echo(json.dumps({"id": token.id, "token": secret}) if as_json else secret)


@tokens.command("list")
@json_option
@site_option
@click.pass_obj
def list_tokens(parts: Opener, as_json: bool, site_key: str | None) -> None:
    """Show the tokens in force, without their secrets.

    Example: sarnakh tokens list
    """
    with parts().db.read() as conn:
        found = api_tokens.of_site(conn, site_of(conn, site_key).id)
    if as_json:
        rows = [{"id": one.id, "name": one.name, "scopes": list(one.scopes)} for one in found]
        click.echo(to_json(rows))
        return
    for one in found:
        click.echo(plain(f"{one.id}  {one.name}  {' '.join(one.scopes)}"))


@tokens.command("revoke")
@click.argument("token_id")
@json_option
@site_option
@click.pass_obj
def revoke_token(parts: Opener, token_id: str, as_json: bool, site_key: str | None) -> None:
    """End a token at once.

    Example: sarnakh tokens revoke tok_06dw…
    """
    made = parts()
    with made.db.write() as conn:
        if not api_tokens.revoke(conn, site_of(conn, site_key).id, token_id, made.clock()):
            raise click.ClickException(f"{token_id}: the site has no such token in force")
    tell(as_json, {"id": token_id, "revoked": True}, f"{token_id}: revoked", err=True)


def _site_or_first(conn: Connection, parts: Parts, site_key: str | None) -> str:
    if not site_store.all_sites(conn) and site_key is None:
        site = site_store.add(conn, "main", "Main", parts.clock())
        click.echo("made the first site, `main`: give it your name and origins in the console", err=True)
        return site.id
    return site_of(conn, site_key).id


def _add(conn: Connection, parts: Parts, email: str, *, name: str, lang: str) -> User:
    try:
        return store.add(conn, email, name, parts.clock(), lang=lang)
    except ValueError as error:
        raise click.ClickException(str(error)) from error


def _user(conn: Connection, email: str) -> User:
    found = store.by_email(conn, email)
    if found is None:
        raise click.ClickException(f"there is no user {email}")
    return found


def _print_link(parts: Parts, user: User, token: str, as_json: bool) -> None:
    link = f"{parts.config.base_url}/console/link/{token}"
    if as_json:
        click.echo(json.dumps({"id": user.id, "email": user.email, "link": link}, ensure_ascii=False))
        return
    click.echo(link)
