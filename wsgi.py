"""The WSGI entry: `granian --interface wsgi wsgi:app`."""

import os

from gateway import create_app

os.umask(0o077)  # as the command does: what this process makes in DATA_DIR is its user's alone
app = create_app()
