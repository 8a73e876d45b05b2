/* quicksort: sorts n numbers upwards, then downwards, then even before odd.

   The order is a function pointer, so that every comparison is a
   call_indirect. sort_test(n) returns a checksum over the three sorted
   sequences, or 0 if there is no room for them. */

#include <stdint.h>

#define PAGE 65536u

typedef int order(uint32_t, uint32_t);      /* does the first one go before? */

extern unsigned char __heap_base;

static int upwards(uint32_t a, uint32_t b)
{
    return a < b;
}

static int downwards(uint32_t a, uint32_t b)
{
    return a > b;
}

static int even_first(uint32_t a, uint32_t b)
{
    return (a & 1) == (b & 1) ? a < b : (a & 1) < (b & 1);
}

static order *const orders[] = {upwards, downwards, even_first};

/* Makes sure that memory reaches the given address. */
static int reserve(unsigned long end)
{
    unsigned long have = __builtin_wasm_memory_size(0), want = (end + PAGE - 1) / PAGE;
    return want <= have || __builtin_wasm_memory_grow(0, want - have) != (unsigned long)-1;
}

static void shuffle(uint32_t *numbers, uint32_t n)
{
    uint32_t seed = 1;
    for (uint32_t i = 0; i < n; i++) {
        seed = seed * 1664525 + 1013904223;
        numbers[i] = seed >> 8;
    }
}

/* Sorts first..last, both included. Recursion takes the smaller part only, so
   the depth stays below the number of bits of n. */
__attribute__((noinline)) static void quicksort(uint32_t *first, uint32_t *last, order *before)
{
    while (first < last) {
        uint32_t pivot = first[(last - first) / 2];
        uint32_t *left = first, *right = last;
        while (left <= right) {
            while (before(*left, pivot))
                left++;
            while (before(pivot, *right))
                right--;
            if (left <= right) {
                uint32_t moved = *left;
                *left++ = *right;
                *right-- = moved;
            }
        }
        if (right - first < last - left) {
            quicksort(first, right, before);
            first = left;
        } else {
            quicksort(left, last, before);
            last = right;
        }
    }
}

__attribute__((export_name("sort_test"))) uint32_t sort_test(uint32_t n)
{
    uint32_t *numbers = (uint32_t *)&__heap_base;
    uint32_t checksum = 0;

    if (n > 0x8000000 || !reserve((unsigned long)(numbers + n)))
        return 0;
    for (unsigned round = 0; n && round < sizeof orders / sizeof *orders; round++) {
        shuffle(numbers, n);
        quicksort(numbers, numbers + n - 1, orders[round]);
        for (uint32_t i = 0; i < n; i++)
            checksum = checksum * 31 + numbers[i];
    }
    return checksum;
}
