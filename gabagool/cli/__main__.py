from gabagool.cli.main import command

command()
