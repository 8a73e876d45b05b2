/* sieve: counts the primes up to n with the sieve of Eratosthenes.

   One byte per number, right after the program's data; memory.grow makes the
   room. A kernel of byte loads and stores that stride through memory. */

#define PAGE 65536u

extern unsigned char __heap_base;

/* Makes sure that memory reaches the given address. */
static int reserve(unsigned long end)
{
    unsigned long have = __builtin_wasm_memory_size(0), want = (end + PAGE - 1) / PAGE;
    return want <= have || __builtin_wasm_memory_grow(0, want - have) != (unsigned long)-1;
}

__attribute__((export_name("sieve"))) int sieve(int n)
{
    unsigned char *composite = &__heap_base;
    int primes = 0;

    if (n < 2)
        return 0;
    if (!reserve((unsigned long)composite + n + 1))
        return -1;
    __builtin_memset(composite, 0, n + 1);
    for (unsigned i = 2; i <= (unsigned)n; i++) {
        if (composite[i])
            continue;
        primes++;
        if (i <= (unsigned)n / i)
            for (unsigned multiple = i * i; multiple <= (unsigned)n; multiple += i)
                composite[multiple] = 1;
    }
    return primes;
}
