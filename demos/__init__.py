"""Programs that show what gabagool can do."""
