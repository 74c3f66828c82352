"""Options that many commands share."""

from __future__ import annotations

import click

site_option = click.option("--site", "site_key", help="The site's key; not needed while there is one site.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
