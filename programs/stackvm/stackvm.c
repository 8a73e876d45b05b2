/* stackvm: a virtual machine inside the virtual machine.

   A stack machine of nine instructions; the switch becomes a br_table. Its
   program adds up the greatest common divisors of 120 with 1, 2, ... n, by
   Euclid's algorithm. run(iterations) runs it for n = iterations and returns
   the sum. */

#include <stdint.h>

enum { HALT, PUSH, LOAD, STORE, ADD, SUB, REM, JUMP, JUMP_IF_ZERO };
enum { N, A, B, SUM };          /* variables */

static const uint8_t program[] = {
    /*  0: loop   */ LOAD, N, JUMP_IF_ZERO, 45,
    /*  4:        */ LOAD, N, STORE, A, PUSH, 120, STORE, B,
    /* 12: euclid */ LOAD, B, JUMP_IF_ZERO, 29,
    /* 16:        */ LOAD, A, LOAD, B, REM, LOAD, B, STORE, A, STORE, B, JUMP, 12,
    /* 29: found  */ LOAD, SUM, LOAD, A, ADD, STORE, SUM,
    /* 36:        */ LOAD, N, PUSH, 1, SUB, STORE, N, JUMP, 0,
    /* 45: end    */ LOAD, SUM, HALT,
};

static uint32_t variables[4];
static uint32_t stack[16];

static uint32_t interpret(const uint8_t *code)
{
    const uint8_t *pc = code;
    uint32_t *top = stack;      /* the first free place */

    for (;;)
        switch (*pc++) {
        case PUSH: *top++ = *pc++; break;
        case LOAD: *top++ = variables[*pc++]; break;
        case STORE: variables[*pc++] = *--top; break;
        case ADD: top--; top[-1] += top[0]; break;
        case SUB: top--; top[-1] -= top[0]; break;
        case REM: top--; top[-1] %= top[0]; break;
        case JUMP: pc = code + *pc; break;
        case JUMP_IF_ZERO: pc = *--top ? pc + 1 : code + *pc; break;
        case HALT: return *--top;
        default: __builtin_trap();
        }
}

__attribute__((export_name("run"))) uint32_t run(uint32_t iterations)
{
    variables[N] = iterations;
    variables[SUM] = 0;
    return interpret(program);
}
