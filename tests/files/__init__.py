"""Tests of what is in files."""
