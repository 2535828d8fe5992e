"""Lets `python -m rulekit` be the command `rulekit`."""

from rulekit.cli import main

main(prog_name="rulekit")
