/* fd_fdstat_get, fd_fdstat_set_flags, fd_fdstat_set_rights, fd_prestat_get, fd_prestat_dir_name,
   fd_renumber, fd_close, and sock_* on what is no socket. */

#include "wasi.h"

static fdstat stat, other;
static u32 prestat[2], size;
static u16 roflags;
static char buf[64];
static iovec vector = {buf, sizeof buf};

void test(void) {
    check("fdstat of stdin", fd_fdstat_get(0, &stat), ESUCCESS);
    check("fdstat of stdout", fd_fdstat_get(1, &stat), ESUCCESS);
    truth("may be written", (stat.base & FD_WRITE) != 0);
    check("fdstat of the root", fd_fdstat_get(ROOT, &stat), ESUCCESS);
    value("type", stat.type, DIR);
    value("flags", stat.flags, 0);
    truth("may open, list, create",
          !(~stat.base & (PATH_OPEN | FD_READDIR | PATH_CREATE_FILE | PATH_CREATE_DIRECTORY)));
    truth("may not seek", !(stat.base & (FD_SEEK | FD_TELL)));
    truth("passes on reading and writing", !(~stat.inheriting & (FD_READ | FD_WRITE | FD_SEEK)));
    check("fdstat of nothing", fd_fdstat_get(99, &stat), EBADF);

    check("prestat", fd_prestat_get(ROOT, prestat), ESUCCESS);
    value("kind", (u8)prestat[0], 0);
    value("name length", prestat[1], 1);
    check("name", fd_prestat_dir_name(ROOT, buf, sizeof buf), ESUCCESS);
    truth("is /", buf[0] == '/' && buf[1] == 0);
    check("name without room", fd_prestat_dir_name(ROOT, buf, 0), ENAMETOOLONG);
    check("prestat of a stream", fd_prestat_get(1, prestat), EBADF);
    check("prestat of nothing", fd_prestat_get(4, prestat), EBADF);

    u32 fd = opened("file", 0, READ_WRITE, 0);
    truth("opened", fd > 3 && fd < 100);
    check("fdstat of a file", fd_fdstat_get(fd, &stat), ESUCCESS);
    value("type", stat.type, FILE);
    value("flags", stat.flags, 0);
    truth("rights", !(~stat.base & (FD_READ | FD_WRITE)));
    check("prestat of a file", fd_prestat_get(fd, prestat), EBADF);
    check("set append", fd_fdstat_set_flags(fd, APPEND), ESUCCESS);
    check("fdstat again", fd_fdstat_get(fd, &stat), ESUCCESS);
    value("flags", stat.flags, APPEND);
    check("set none", fd_fdstat_set_flags(fd, 0), ESUCCESS);
    check("set flags of nothing", fd_fdstat_set_flags(99, 0), EBADF);

    check("keep rights", fd_fdstat_set_rights(fd, stat.base, stat.inheriting), ESUCCESS);
    check("drop rights", fd_fdstat_set_rights(fd, FD_READ | FD_SEEK, 0), ESUCCESS);
    value("written without the right", put(fd, "x"), ~0u);
    check("add rights", fd_fdstat_set_rights(fd, FD_READ | FD_SEEK | FD_WRITE, 0), ENOTCAPABLE);
    check("add inheriting rights", fd_fdstat_set_rights(fd, FD_READ, FD_READ), ENOTCAPABLE);
    check("rights of nothing", fd_fdstat_set_rights(99, 0, 0), EBADF);

    u32 second = opened("dir/inner", 0, READ_WRITE, 0);
    value("read", get(second, buf, 2), 2);
    check("fdstat before", fd_fdstat_get(second, &stat), ESUCCESS);
    check("renumber", fd_renumber(second, fd), ESUCCESS);
    check("the old number", fd_fdstat_get(second, &other), EBADF);
    check("close it", fd_close(second), EBADF);
    check("fdstat after", fd_fdstat_get(fd, &other), ESUCCESS);
    truth("the same", stat.type == other.type && stat.flags == other.flags &&
                          stat.base == other.base && stat.inheriting == other.inheriting);
    value("goes on where it was", get(fd, buf, 9), 3);
    check("renumber to nothing", fd_renumber(fd, second), EBADF);
    check("renumber nothing", fd_renumber(second, fd), EBADF);
    check("renumber to itself", fd_renumber(fd, fd), ESUCCESS);
    check("still there", fd_fdstat_get(fd, &other), ESUCCESS);
    check("close", fd_close(fd), ESUCCESS);
    check("close again", fd_close(fd), EBADF);

    check("accept on a stream", sock_accept(1, 0, &size), ENOTSOCK);
    check("receive from a directory", sock_recv(ROOT, &vector, 1, 0, &size, &roflags), ENOTSOCK);
    check("send to a stream", sock_send(1, &vector, 1, 0, &size), ENOTSOCK);
    check("shut down a stream", sock_shutdown(1, 1), ENOTSOCK);
    check("shut down nothing", sock_shutdown(99, 1), EBADF);

    check("close the root", fd_close(ROOT), ESUCCESS);
    check("no root", fd_fdstat_get(ROOT, &stat), EBADF);
    check("no prestat", fd_prestat_get(ROOT, prestat), EBADF);
    check("no opening", path_open(ROOT, 0, P("file"), 0, FD_READ, 0, 0, &size), EBADF);
}
