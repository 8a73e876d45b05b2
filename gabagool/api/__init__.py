"""The public API, shaped like wasmtime's for Python; `gabagool` itself re-exports it."""
