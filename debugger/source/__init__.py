"""Source level: DWARF and source maps of a module, variables with types, C-like expressions.

Units, entries and locations are decoded by pyelftools; line tables, of which there is most, here.
"""
