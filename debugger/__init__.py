"""gaba-debug: a time-travel debugger for WebAssembly, on gabagool's public API."""
