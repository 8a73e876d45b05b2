"""How the debugger looks: two themes and one style sheet."""
