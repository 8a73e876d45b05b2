/* poll_oneoff on descriptors. */

#include "wasi.h"

#define LONG 100000000000

static event events[4];
static u32 fired;

void test(void) {
    u32 fd = opened("file", 0, READ_WRITE, 0);
    subscription file[] = {
        {1, READ, {.fd = fd}}, {3, CLOCK, AFTER(1, LONG, 0)}, {2, WRITE, {.fd = fd}}};
    check("reading a file", poll_oneoff(file, events, 2, &fired), ESUCCESS);
    value("events", fired, 1);
    truth("reading", events[0].userdata == 1 && events[0].type == READ && !events[0].error);
    value("bytes", events[0].nbytes, 10);
    check("writing a file", poll_oneoff(file + 1, events, 2, &fired), ESUCCESS);
    value("events", fired, 1);
    truth("writing", events[0].userdata == 2 && events[0].type == WRITE && !events[0].error);
    check("both", poll_oneoff(file, events, 3, &fired), ESUCCESS);
    truth("at least one", fired > 0);

    subscription streams[] = {{5, WRITE, {.fd = 1}}, {6, CLOCK, AFTER(1, LONG, 0)}};
    check("stdout", poll_oneoff(streams, events, 2, &fired), ESUCCESS);
    value("events", fired, 1);
    truth("writing", events[0].userdata == 5 && events[0].type == WRITE && !events[0].error);

    subscription input[] = {{7, READ, {.fd = 0}}, {8, CLOCK, AFTER(1, LONG, 0)}};
    check("stdin at its end", poll_oneoff(input, events, 2, &fired), ESUCCESS);
    truth("reading", events[0].userdata == 7 && events[0].type == READ && !events[0].error);

    subscription clocks[] = {
        {9, CLOCK, AFTER(1, LONG, 0)}, {10, CLOCK, AFTER(1, 1000000, 0)}};
    check("two clocks", poll_oneoff(clocks, events, 2, &fired), ESUCCESS);
    value("events", fired, 1);
    value("the earlier", events[0].userdata, 10);

    subscription bad[] = {{11, READ, {.fd = 99}}, {12, CLOCK, AFTER(1, LONG, 0)}};
    check("nothing", poll_oneoff(bad, events, 2, &fired), ESUCCESS);
    value("events", fired, 1);
    value("its error", events[0].error, EBADF);
    check("none", poll_oneoff(bad, events, 0, &fired), EINVAL);
}
