"""The game of life as a program that can be forked: `python -m demos.life`, then press f."""
