/* fd_read, fd_write, fd_pread, fd_pwrite, fd_seek, fd_tell, fd_sync, fd_datasync, fd_advise,
   fd_allocate, and the append flag. */

#include "wasi.h"

static char buf[32];
static u32 n;
static u64 at;

static u64 tell(u32 fd) { return fd_tell(fd, &at) ? ~0ull : at; }

static void on_directories(void) {
    iovec one = {buf, 1};
    check("read a directory", fd_read(ROOT, &one, 1, &n), EBADF);
    check("write a directory", fd_write(ROOT, &one, 1, &n), EBADF);
    check("pread a directory", fd_pread(ROOT, &one, 1, 0, &n), EBADF);
    check("pwrite a directory", fd_pwrite(ROOT, &one, 1, 0, &n), EBADF);
    check("seek in a directory", fd_seek(ROOT, 0, SET, &at), EBADF);
    check("tell of a directory", fd_tell(ROOT, &at), EBADF);
    check("allocate in a directory", fd_allocate(ROOT, 0, 1), EBADF);
    check("advise on a directory", fd_advise(ROOT, 0, 1, 0), EBADF);
    check("sync a directory", fd_sync(ROOT), ESUCCESS);
    check("datasync a directory", fd_datasync(ROOT), ESUCCESS);
}

static void on_nothing(void) {
    iovec one = {buf, 1};
    check("read nothing", fd_read(99, &one, 1, &n), EBADF);
    check("write nothing", fd_write(99, &one, 1, &n), EBADF);
    check("pread nothing", fd_pread(99, &one, 1, 0, &n), EBADF);
    check("pwrite nothing", fd_pwrite(99, &one, 1, 0, &n), EBADF);
    check("seek nothing", fd_seek(99, 0, SET, &at), EBADF);
    check("tell nothing", fd_tell(99, &at), EBADF);
    check("sync nothing", fd_sync(99), EBADF);
    check("datasync nothing", fd_datasync(99), EBADF);
    check("advise nothing", fd_advise(99, 0, 1, 0), EBADF);
    check("allocate nothing", fd_allocate(99, 0, 1), EBADF);
}

static void seeking(u32 fd) {
    check("seek to 4", fd_seek(fd, 4, SET, &at), ESUCCESS);
    value("at", at, 4);
    check("2 on", fd_seek(fd, 2, CUR, &at), ESUCCESS);
    value("at", at, 6);
    check("3 back", fd_seek(fd, -3ull, CUR, &at), ESUCCESS);
    value("at", at, 3);
    check("1 before the end", fd_seek(fd, -1ull, END, &at), ESUCCESS);
    value("at", at, 9);
    check("before the start", fd_seek(fd, -20ull, CUR, &at), EINVAL);
    check("to a negative offset", fd_seek(fd, -1ull, SET, &at), EINVAL);
    value("still at", tell(fd), 9);
    check("behind the end", fd_seek(fd, 10, END, &at), ESUCCESS);
    value("at", at, 20);
    value("nothing there", get(fd, buf, 9), 0);
    value("write there", put(fd, "end"), 3);
    check("back", fd_seek(fd, 8, SET, &at), ESUCCESS);
    value("read", get(fd, buf, 32), 15);
    truth("zeros between", equal(buf, "89\0\0\0\0\0\0\0\0\0\0end", 15));
}

static void positioned(u32 fd) {
    iovec two[] = {{buf, 3}, {buf + 16, 0}, {buf + 8, 2}};
    check("seek to 1", fd_seek(fd, 1, SET, &at), ESUCCESS);
    check("pread", fd_pread(fd, two, 3, 2, &n), ESUCCESS);
    value("bytes", n, 5);
    truth("scattered", equal(buf, "234", 3) && equal(buf + 8, "56", 2));
    check("pread behind the end", fd_pread(fd, two, 3, 100, &n), ESUCCESS);
    value("bytes", n, 0);
    check("pread at a negative offset", fd_pread(fd, two, 3, -1ull, &n), EINVAL);
    iovec text[] = {{"AB", 2}, {"C", 1}};
    check("pwrite", fd_pwrite(fd, text, 2, 5, &n), ESUCCESS);
    value("bytes", n, 3);
    value("the offset stays", tell(fd), 1);
    check("pwrite at a negative offset", fd_pwrite(fd, text, 2, -1ull, &n), EINVAL);
    value("read", get(fd, buf, 9), 9);
    truth("as written", equal(buf, "1234ABC89", 9));
    check("read into nothing", fd_read(fd, two, 0, &n), ESUCCESS);
    value("bytes", n, 0);
}

static void appending(void) {
    u32 fd = opened("log", CREAT, READ_WRITE, APPEND);
    value("write", put(fd, "one"), 3);
    value("at", tell(fd), 3);
    check("seek to 0", fd_seek(fd, 0, SET, &at), ESUCCESS);
    value("write", put(fd, "two"), 3);
    value("at", tell(fd), 6);
    check("no longer append", fd_fdstat_set_flags(fd, 0), ESUCCESS);
    check("seek to 0", fd_seek(fd, 0, SET, &at), ESUCCESS);
    value("write", put(fd, "ONE"), 3);
    check("seek to 0", fd_seek(fd, 0, SET, &at), ESUCCESS);
    value("read", get(fd, buf, 9), 6);
    truth("appended, then overwritten", equal(buf, "ONEtwo", 6));
    check("close", fd_close(fd), ESUCCESS);
}

static void access(void) {
    u32 reader = opened("file", 0, FD_READ, 0), writer = opened("file", 0, FD_WRITE, 0);
    iovec one = {buf, 1};
    check("write to a reader", fd_write(reader, &one, 1, &n), EBADF);
    check("read from a writer", fd_read(writer, &one, 1, &n), EBADF);
    value("read", get(reader, buf, 1), 1);
    value("write", put(writer, "0"), 1);
}

void test(void) {
    on_directories();
    on_nothing();
    u32 fd = opened("file", 0, READ_WRITE, 0);
    seeking(fd);
    positioned(fd);
    appending();
    access();
    check("sync", fd_sync(fd), ESUCCESS);
    check("datasync", fd_datasync(fd), ESUCCESS);
    for (u32 advice = 0; advice < 6; advice++) check("advise", fd_advise(fd, 0, 9, advice), 0);
    check("allocate", fd_allocate(fd, 10, 30), ESUCCESS);
    check("seek to the end", fd_seek(fd, 0, END, &at), ESUCCESS);
    value("allocated", at, 40);
    check("allocate nothing", fd_allocate(fd, 0, 0), EINVAL);
    check("allocate too much", fd_allocate(fd, -1ull, 1), EINVAL);
    check("tell of a stream", fd_tell(1, &at), ESPIPE);
    check("seek in a stream", fd_seek(1, 0, SET, &at), ESPIPE);
    iovec one = {buf, 1};
    check("pread a stream", fd_pread(0, &one, 1, 0, &n), ESPIPE);
    check("pwrite a stream", fd_pwrite(1, &one, 1, 0, &n), ESPIPE);
    check("write to stdin", fd_write(0, &one, 1, &n), EBADF);
    check("read from stdout", fd_read(1, &one, 1, &n), EBADF);
}
