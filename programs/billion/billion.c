/* billion: runs for more than 10^9 instructions, with memory at work.

   Counts the keys of a pseudo-random walk in a hash table with open
   addressing. When the table is full, a recursive sweep halves all counts and
   moves the keys that are left to a second table; then the two change places.
   Call depth and memory writes show the tables filling and being swept, over
   and over. billion(rounds) returns a checksum of the last table. */

#include <stdint.h>

#define NOINLINE __attribute__((noinline)) static

enum { SLOTS = 16384, FULL = SLOTS * 3 / 4, LEAF = 16 };

struct slot {
    uint32_t key;               /* 0: free */
    uint32_t count;
};

static struct slot tables[2][SLOTS];    /* 128 KB each */
static struct slot *table, *spare;
static uint32_t used;                   /* slots of the table in use */

/* The slot of a key, or the free one where it belongs. */
NOINLINE struct slot *find(struct slot *in, uint32_t key)
{
    uint32_t i = key * 2654435769u >> 18;
    while (in[i].key && in[i].key != key)
        i = (i + 1) % SLOTS;
    return &in[i];
}

/* Moves what is left of some slots to the spare table. */
NOINLINE void sweep(struct slot *slots, uint32_t length)
{
    if (length > LEAF) {
        sweep(slots, length / 2);
        sweep(slots + length / 2, length / 2);
        return;
    }
    for (struct slot *old = slots; old < slots + length; old++) {
        uint32_t count = old->count / 2;
        if (count) {
            struct slot *new = find(spare, old->key);
            new->key = old->key;
            new->count = count;
            used++;
        }
        old->key = old->count = 0;
    }
}

NOINLINE void make_room(void)
{
    struct slot *swept = table;
    used = 0;
    sweep(swept, SLOTS);
    table = spare;
    spare = swept;
}

NOINLINE void visit(uint32_t key)
{
    struct slot *slot = find(table, key);
    slot->count++;
    if (slot->key)
        return;
    slot->key = key;
    if (++used == FULL)
        make_room();
}

__attribute__((export_name("billion"))) uint32_t billion(uint32_t rounds)
{
    uint32_t walk = 1, checksum = 0;

    __builtin_memset(tables, 0, sizeof tables);
    table = tables[0];
    spare = tables[1];
    used = 0;
    while (rounds--) {
        walk = walk * 1664525 + 1013904223;
        /* a key of 8 to 23 bits, so that small keys are frequent */
        visit(1 + ((walk >> 4) & ((256u << (walk >> 28)) - 1)));
    }
    for (uint32_t i = 0; i < SLOTS; i++)
        checksum = checksum * 31 + (table[i].key ^ table[i].count);
    return checksum;
}
