"""The game of life as a program that can be forked: `python -m programs.torus`, then press f."""
