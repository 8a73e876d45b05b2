"""THE list of suite files that must pass whole: those that need only what the engine has.

That is WebAssembly 2.0, relaxed vectors and extended constant expressions. Almost every module in
these files is one that `wasm-tools validate --features wasm2,relaxed-simd,extended-const` accepts;
a few declare a second memory without using it, or read a global of their own in a constant
expression. The other files need several memories (so does simd_memory-multi), 64-bit memories,
typed references, tail calls, exceptions or GC.
"""

from __future__ import annotations

FILES = (
    "address", "align", "annotations", "binary-leb128", "binary", "binary0", "block", "br",
    "bulk", "call", "call_indirect", "comments", "const", "conversions", "custom", "data",
    "data0", "data1", "data_drop0", "endianness", "exports0", "f32", "f32_bitwise", "f32_cmp",
    "f64", "f64_bitwise", "f64_cmp", "fac", "float_exprs", "float_literals", "float_memory",
    "float_misc", "forward", "func_ptrs", "global", "i16x8_relaxed_q15mulr_s", "i32",
    "i32x4_relaxed_trunc", "i64", "i8x16_relaxed_swizzle", "id", "if", "imports0", "imports3",
    "inline-module", "int_exprs", "int_literals", "labels", "left-to-right", "linking0", "load",
    "local_get", "local_set", "loop", "memory", "memory_copy", "memory_fill", "memory_init",
    "memory_redundancy", "memory_size", "memory_trap", "names", "nop", "obsolete-keywords",
    "ref_func", "relaxed_dot_product", "relaxed_laneselect", "relaxed_madd_nmadd",
    "relaxed_min_max", "return", "simd_address", "simd_align", "simd_bit_shift", "simd_bitwise",
    "simd_boolean", "simd_const", "simd_conversions", "simd_f32x4", "simd_f32x4_arith",
    "simd_f32x4_cmp", "simd_f32x4_pmin_pmax", "simd_f32x4_rounding", "simd_f64x2",
    "simd_f64x2_arith", "simd_f64x2_cmp", "simd_f64x2_pmin_pmax", "simd_f64x2_rounding",
    "simd_i16x8_arith", "simd_i16x8_arith2", "simd_i16x8_cmp",
    "simd_i16x8_extadd_pairwise_i8x16", "simd_i16x8_extmul_i8x16", "simd_i16x8_q15mulr_sat_s",
    "simd_i16x8_sat_arith", "simd_i32x4_arith", "simd_i32x4_arith2", "simd_i32x4_cmp",
    "simd_i32x4_dot_i16x8", "simd_i32x4_extadd_pairwise_i16x8", "simd_i32x4_extmul_i16x8",
    "simd_i32x4_trunc_sat_f32x4", "simd_i32x4_trunc_sat_f64x2", "simd_i64x2_arith",
    "simd_i64x2_arith2", "simd_i64x2_cmp", "simd_i64x2_extmul_i32x4", "simd_i8x16_arith",
    "simd_i8x16_arith2", "simd_i8x16_cmp", "simd_i8x16_sat_arith", "simd_int_to_int_extend",
    "simd_lane", "simd_linking", "simd_load", "simd_load16_lane", "simd_load32_lane",
    "simd_load64_lane", "simd_load8_lane", "simd_load_extend", "simd_load_splat",
    "simd_load_zero", "simd_select", "simd_splat", "simd_store", "simd_store16_lane",
    "simd_store32_lane", "simd_store64_lane", "simd_store8_lane", "skip-stack-guard-page",
    "stack", "start", "store", "switch", "table_copy", "table_fill", "table_get", "table_grow",
    "table_set", "table_size", "token", "traps", "type", "unreachable", "unwind",
    "utf8-custom-section-id", "utf8-import-field", "utf8-import-module", "utf8-invalid-encoding",
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
