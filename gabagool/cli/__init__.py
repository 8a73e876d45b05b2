"""The `gabagool` command: one file for each of its subcommands."""

from gabagool.cli.main import command, main

__all__ = ["command", "main"]
