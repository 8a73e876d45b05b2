"""Runs the official WebAssembly test suite (WebAssembly/testsuite) on gabagool.

`python -m tests.spec [DIR]` prints what passed; under pytest each .wast file is one test.
Texts that must not assemble are skipped, and counted: they are the assembler's matter.
"""
