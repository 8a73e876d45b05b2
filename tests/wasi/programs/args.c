/* args_get, args_sizes_get, environ_get, environ_sizes_get: ("prog", "", "zwei Wörter"), A=1, B= */

#include "wasi.h"

static u32 pointers[8], count, size;
static char bytes[256];

void test(void) {
    check("args_sizes_get", args_sizes_get(&count, &size), ESUCCESS);
    value("arguments", count, 3);
    value("their bytes", size, 5 + 1 + 13);
    pointers[3] = 0xfeedface;
    check("args_get", args_get(pointers, bytes), ESUCCESS);
    truth("first", equal((char *)pointers[0], "prog", 5));
    truth("empty", equal((char *)pointers[1], "", 1));
    truth("third", equal((char *)pointers[2], "zwei W\xc3\xb6rter", 13));
    truth("one behind the other", pointers[0] == (u32)bytes && pointers[1] == (u32)bytes + 5);
    truth("no pointer too many", pointers[3] == 0xfeedface);
    check("environ_sizes_get", environ_sizes_get(&count, &size), ESUCCESS);
    value("variables", count, 2);
    value("their bytes", size, 4 + 3);
    check("environ_get", environ_get(pointers, bytes), ESUCCESS);
    truth("A", equal((char *)pointers[0], "A=1", 4));
    truth("B", equal((char *)pointers[1], "B=", 3));
}
