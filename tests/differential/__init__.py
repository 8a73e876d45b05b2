"""The same modules in gabagool and in wasmtime: same results, traps, memories, tables, globals."""
