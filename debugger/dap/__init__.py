"""The Debug Adapter Protocol: gaba-debug for VS Code and every other editor that speaks it."""
