"""Tests of the programs that have a face of their own."""
