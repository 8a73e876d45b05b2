"""THE list of suite files that must pass whole: those that need only what the engine has.

That is WebAssembly 2.0 without vectors, plus extended constant expressions. Almost every module
in these files is one that `wasm-tools validate --features wasm2,-simd,extended-const` accepts; a
few declare a second memory without using it, or read a global of their own in a constant
expression. The other files need several memories, 64-bit memories, typed references, tail calls,
exceptions, GC or vectors.
"""

from __future__ import annotations

FILES = (
    "address", "align", "annotations", "binary-leb128", "binary", "binary0", "block", "br",
    "bulk", "call", "call_indirect", "comments", "const", "conversions", "custom", "data",
    "data0", "data1", "data_drop0", "endianness", "exports0", "f32", "f32_bitwise", "f32_cmp",
    "f64", "f64_bitwise", "f64_cmp", "fac", "float_exprs", "float_literals", "float_memory",
    "float_misc", "forward", "func_ptrs", "global", "i32", "i64", "id", "if", "imports0",
    "imports3", "inline-module", "int_exprs", "int_literals", "labels", "left-to-right",
    "linking0", "load", "local_get", "local_set", "loop", "memory", "memory_copy",
    "memory_fill", "memory_init", "memory_redundancy", "memory_size", "memory_trap", "names",
    "nop", "obsolete-keywords", "ref_func", "return", "return_call",
    "return_call_indirect", "skip-stack-guard-page", "stack", "start",
    "store", "switch", "table_copy", "table_fill", "table_get", "table_grow", "table_set",
    "table_size", "token", "traps", "type", "unreachable", "unwind", "utf8-custom-section-id",
    "utf8-import-field", "utf8-import-module", "utf8-invalid-encoding",
)

# Files of which a few commands need more: the lines of exactly those, which fail until then.
LATER: dict[str, frozenset[int]] = {name: frozenset(lines) for name, lines in {
    "br_if": (668,),                         # typed references
    "exports": (71,),                        # tags
    "func": (660,),                          # non-nullable references
    "local_tee": (613,),
    "select": (384,),
    "table_init": (2272, 2286),              # arrays
    "unreached-invalid": (698, 764, 774),    # ref.as_non_null, call_ref
}.items()}
