/* clock_res_get, clock_time_get, random_get, sched_yield, and poll_oneoff as a sleep. */

#include "wasi.h"

static u64 before, after;
static u8 large[1 << 17];
static event events[2];
static u32 fired;

static u64 now(u32 id) {
    clock_time_get(id, 0, &after);
    return after;
}

static void slept(const char *label, u32 id, u64 timeout, u16 flags) {
    subscription one = {7, CLOCK, AFTER(id, timeout, flags)};
    check(label, poll_oneoff(&one, events, 1, &fired), ESUCCESS);
    value("events", fired, 1);
    truth("of the clock", events[0].userdata == 7 && events[0].type == 0 && events[0].error == 0);
}

void test(void) {
    static const char *const names[] = {"realtime", "monotonic"};
    for (u32 id = 0; id < 2; id++) {
        say(names[id]);
        say("\n");
        check("clock_res_get", clock_res_get(id, &before), ESUCCESS);
        truth("from 1 ns to 1 s", before > 0 && before <= 1000000000);
        check("clock_time_get", clock_time_get(id, 1, &before), ESUCCESS);
        truth("not going back", now(id) >= before);
        slept("sleep 2 ms", id, 2000000, 0);
        truth("long enough", now(id) >= before + 2000000);
        before = now(id);
        slept("sleep until", id, before + 3000000, 1);
        truth("late enough", now(id) >= before + 3000000);
        slept("until a moment that has passed", id, 1, 1);
    }
    truth("after 2020", now(0) > 1577836800000000000);
    check("clock_time_get cpu", clock_time_get(2, 0, &before), ESUCCESS);
    check("clock_res_get thread", clock_res_get(3, &before), ESUCCESS);
    check("random_get", random_get(large, sizeof large), ESUCCESS);
    u32 different = 0;
    for (u32 i = 1; i < sizeof large; i++) different += large[i] != large[i - 1];
    truth("random enough", different > sizeof large / 100 * 98);
    check("random_get nothing", random_get(large, 0), ESUCCESS);
    check("sched_yield", sched_yield(), ESUCCESS);
}
