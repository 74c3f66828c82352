"""`sarnakh weights`: the matcher's weights learnt from a site's own list, and put in force there."""

from __future__ import annotations

import json
from pathlib import Path

import click

from gateway.cli.dedupe import columns_named, country_option, fields_of, map_option, model_at, progress_bar, rows_of
from gateway.cli.sites import json_option, site_of, tell
from gateway.parts import Opener
from gateway.relearning.database import LearnError, load, splink
from gateway.relearning.training import STEPS, Learnt, learn
from gateway.sheets import Sheet, SheetError
from gateway.store import site_weights

_KEPT = {"seldom": "  as shipped: seen too seldom", "never": "  as shipped: never learnt"}
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def weights() -> None:
    """What each way of agreeing says for two records being one person's, learnt for a site.

    Example: sarnakh weights learn crm.csv weights.json
    """


@weights.command("learn")
@click.argument("source", metavar="IN.csv", type=_file)
@click.argument("target", metavar="WEIGHTS.json", type=click.Path(dir_okay=False, path_type=Path))
@map_option
@country_option
@json_option
def learn_weights(*, source: Path, target: Path, mapped: tuple[str, ...], country: str, as_json: bool) -> None:
    """Learn weights from the rows of IN.csv, without answers, and write them as a model of Splink 5. It needs Splink:
    pip install 'sarnakh[learn]'.

    Example: sarnakh weights learn --map phone=Handy crm.csv weights.json
    """
    sheet = Sheet.at(source, lenient=True)
    try:
        places = fields_of(sheet, source, columns_named(mapped))
        with splink(target.resolve().parent) as found:
            with progress_bar("reading", None) as bar:
                load(found.con, rows_of(sheet, places), country.upper(), bar.update)
            with progress_bar("learning", STEPS) as bar:
                levels = learn(found, target, bar.update)
    except (SheetError, LearnError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps([one._asdict() for one in levels]) if as_json else _told(levels))


@weights.command("use")
@click.argument("site", metavar="SITE")
@click.argument("model", metavar="WEIGHTS.json", type=_file)
@json_option
@click.pass_obj
def use(parts: Opener, site: str, model: Path, as_json: bool) -> None:
    """Weigh a site's leads by this model from now on; its pairs are weighed anew by the sweeper.

    Example: sarnakh weights use shop weights.json
    """
    model_at(model)
    _put(parts, site, model.read_text("utf-8"))
    tell(as_json, {"site": site, "weights": model.name}, f"{site}: weighed by {model.name}")


@weights.command("reset")
@click.argument("site", metavar="SITE")
@json_option
@click.pass_obj
def reset(parts: Opener, site: str, as_json: bool) -> None:
    """Weigh a site's leads by the shipped weights again.

    Example: sarnakh weights reset shop
    """
    _put(parts, site, None)
    tell(as_json, {"site": site, "weights": "shipped"}, f"{site}: weighed as shipped")


def _put(parts: Opener, key: str, model: str | None) -> None:
    made = parts()
    with made.db.write() as conn:
        site_weights.put(conn, site_of(conn, key).id, model, made.clock())


def _told(levels: list[Learnt]) -> str:
    """A line a level: as shipped, as learnt, or why it stays."""
    lines = [f"{'':28}{'shipped':>9}{'learnt':>9}"]
    for one in levels:
        learnt = _KEPT.get(one.why) or f"{one.weight:+9.1f}"
        lines.append(f"{one.field:15}{one.level:13}{one.shipped:+9.1f}{learnt}")
    return "\n".join(lines)
