"""The WSGI entry: `granian --interface wsgi wsgi:app`."""

from gateway import create_app

app = create_app()
