/* proc_exit and proc_raise: the first argument says which, the second the number. */

#include "wasi.h"

static u32 pointers[4], count, size;
static char bytes[64];

static u32 number(const char *text) {
    u32 n = 0;
    for (; *text; text++) n = n * 10 + (u32)(*text - '0');
    return n;
}

void test(void) {
    args_sizes_get(&count, &size);
    if (count != 3 || size > sizeof bytes) return;
    args_get(pointers, bytes);
    const char *what = (const char *)pointers[1];
    u32 with = number((const char *)pointers[2]);
    if (equal(what, "exit", 5)) proc_exit(with);
    if (equal(what, "raise", 6)) check("raise", proc_raise(with), ESUCCESS);
}
