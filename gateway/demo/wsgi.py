"""The demo site's WSGI entry: `granian --interface wsgi gateway.demo.wsgi:app`."""

import config
from gateway.demo.site import create_site

settings = config.load()
app = create_site(settings.base_url, settings.data_dir / "demo")
