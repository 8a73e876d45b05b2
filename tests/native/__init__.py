"""Native handlers: what they compute, fused and plain, and how exactly they stop."""
