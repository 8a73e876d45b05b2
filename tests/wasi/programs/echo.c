/* A server on the listening socket that was preopened behind the root: it sends everything back
   to one peer after the other, until one says nothing, and logs what it does. */

#include "wasi.h"

static char buf[4096];
static u32 n;
static u16 roflags;
static fdstat stat;

void test(void) {
    const u32 listener = ROOT + 1;
    check("fdstat", fd_fdstat_get(listener, &stat), ESUCCESS);
    value("type", stat.type, STREAM);
    for (;;) {
        u32 fd, said = 0;
        check("accept", sock_accept(listener, 0, &fd), ESUCCESS);
        for (;;) {
            iovec whole = {buf, sizeof buf};
            u32 errno = sock_recv(fd, &whole, 1, 0, &n, &roflags);
            if (errno) {
                check("receive", errno, ESUCCESS);
                said = 1;
                break;
            }
            if (!n) break;
            said += n;
            iovec part = {buf, n};
            check("send", sock_send(fd, &part, 1, 0, &n), ESUCCESS);
        }
        check("shut down", sock_shutdown(fd, 2), ESUCCESS);
        check("close", fd_close(fd), ESUCCESS);
        if (!said) return;
    }
}
