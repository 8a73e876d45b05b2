"""The `gabagool` command: one file for each of its subcommands."""

from gabagool.cli.main import main

__all__ = ["main"]
