"""The debugger's words: one registry behind command line, key bindings, palette and batch."""
