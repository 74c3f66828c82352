"""`python -m gateway.cli`: how the supervisor starts its parts, wherever the script was put."""

from gateway.cli import main

main()
