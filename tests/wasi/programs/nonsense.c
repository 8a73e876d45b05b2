/* Numbers that the witx enums and flags do not have: `inval`. (wasmtime ends the program.) */

#include "wasi.h"

static filestat stat;
static event events[1];
static u64 result;
static u32 fd, fired;

void test(void) {
    u32 file = opened("file", 0, READ_WRITE, 0);
    check("clock_time_get", clock_time_get(4, 0, &result), EINVAL);
    check("clock_res_get", clock_res_get(99, &result), EINVAL);
    subscription clock = {1, CLOCK, AFTER(99, 1, 0)};
    check("poll_oneoff clock", poll_oneoff(&clock, events, 1, &fired), ESUCCESS);
    value("its error", events[0].error, EINVAL);
    subscription flags = {1, CLOCK, AFTER(0, 1, 2)};
    check("poll_oneoff flags", poll_oneoff(&flags, events, 1, &fired), ESUCCESS);
    value("its error", events[0].error, EINVAL);
    subscription type = {1, 9, AFTER(0, 1, 0)};
    check("poll_oneoff type", poll_oneoff(&type, events, 1, &fired), EINVAL);
    check("whence", fd_seek(file, 0, 3, &result), EINVAL);
    check("advice", fd_advise(file, 0, 9, 6), EINVAL);
    check("fdflags to set", fd_fdstat_set_flags(file, 32), EINVAL);
    check("fstflags", fd_filestat_set_times(file, 1, 1, 16), EINVAL);
    check("lookupflags", path_filestat_get(ROOT, 2, P("file"), &stat), EINVAL);
    check("oflags", path_open(ROOT, 0, P("file"), 16, FD_READ, 0, 0, &fd), EINVAL);
    check("fdflags", path_open(ROOT, 0, P("file"), 0, 0, 0, 32, &fd), EINVAL);
    check("dirflags", path_open(ROOT, 2, P("file"), 0, 0, 0, 0, &fd), EINVAL);
    check("signal", proc_raise(31), EINVAL);
}
