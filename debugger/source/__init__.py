"""Source level: DWARF and source maps of a module, variables with types, C-like expressions.

DWARF is decoded by pyelftools; nothing else here or elsewhere imports it than `dwarf.py`.
"""
