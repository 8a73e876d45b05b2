/* path_open: every oflag on every kind of path, and paths that are out of the ordinary. */

#include "wasi.h"

static u32 fd;

static u32 open(u32 flags, const char *path, u32 oflags, u64 rights) {
    u32 errno = path_open(ROOT, flags, path, length(path), oflags, rights, 0, 0, &fd);
    if (!errno) fd_close(fd);
    return errno;
}

static void existing(void) {
    check("read", open(0, "file", 0, FD_READ), ESUCCESS);
    check("write", open(0, "file", 0, FD_WRITE), ESUCCESS);
    check("for nothing", open(0, "file", 0, 0), ESUCCESS);
    check("creat", open(0, "file", CREAT, FD_WRITE), ESUCCESS);
    check("creat excl", open(0, "file", CREAT | EXCL, FD_WRITE), EEXIST);
    check("trunc", open(0, "dir/inner", TRUNC, FD_WRITE), ESUCCESS);
    check("directory", open(0, "file", DIRECTORY, FD_READ), ENOTDIR);
    check("directory creat", open(0, "file", DIRECTORY | CREAT, FD_READ), EINVAL);
    check("with a slash", open(0, "file/", 0, FD_READ), ENOTDIR);
    check("with slashes", open(0, "file///", 0, FD_READ), ENOTDIR);
    check("below it", open(0, "file/x", 0, FD_READ), ENOTDIR);
}

static void missing(void) {
    check("missing", open(0, "new", 0, FD_READ), ENOENT);
    check("missing excl", open(0, "new", EXCL, FD_READ), ENOENT);
    check("missing trunc", open(0, "new", TRUNC, FD_WRITE), ENOENT);
    check("missing directory", open(0, "new", DIRECTORY, FD_READ), ENOENT);
    check("new with a slash", open(0, "new/", CREAT, FD_WRITE), EISDIR);
    check("new in nothing", open(0, "nothing/new", CREAT, FD_WRITE), ENOENT);
    check("new directory", open(0, "new", CREAT | DIRECTORY, FD_READ), EINVAL);
    check("new", open(0, "new", CREAT | EXCL, FD_WRITE), ESUCCESS);
    check("no longer new", open(0, "new", CREAT | EXCL, FD_WRITE), EEXIST);
    check("new for reading", open(0, "new2", CREAT, FD_READ), ESUCCESS);
    check("new for nothing", open(0, "new3", CREAT | TRUNC, 0), ESUCCESS);
    check("no path", open(0, "", CREAT, FD_READ), ENOENT);
}

static void directories(void) {
    check("a directory", open(0, "dir", DIRECTORY, FD_READDIR), ESUCCESS);
    check("without the flag", open(0, "dir", 0, 0), ESUCCESS);
    check("to read", open(0, "dir", DIRECTORY, FD_READ), ESUCCESS);
    check("to write", open(0, "dir", DIRECTORY, FD_READ | FD_WRITE), EISDIR);
    check("to seek", open(0, "dir", DIRECTORY, FD_SEEK), ESUCCESS);
    check("creat", open(0, "dir", CREAT, FD_WRITE), EISDIR);
    check("trunc", open(0, "dir", TRUNC, FD_WRITE), EISDIR);
    check("with slashes", open(0, "dir///", 0, 0), ESUCCESS);
    check(".", open(0, ".", DIRECTORY, FD_READDIR), ESUCCESS);
    check("nonblock", path_open(ROOT, 0, P("."), 0, 0, 0, NONBLOCK, &fd), ESUCCESS);
    check("around", open(0, "dir/.//../dir/./inner", 0, FD_READ), ESUCCESS);
    check("back from nothing", open(0, "nothing/../file", 0, FD_READ), ENOENT);
    check("back from a file", open(0, "file/../file", 0, FD_READ), ENOTDIR);
}

static void links(void) {
    check("a link", open(0, "good", 0, FD_READ), ELOOP);
    check("followed", open(FOLLOW, "good", 0, FD_READ), ESUCCESS);
    check("creat excl", open(FOLLOW, "good", CREAT | EXCL, FD_WRITE), EEXIST);
    check("with a slash", open(FOLLOW, "good/", 0, FD_READ), ENOTDIR);
    check("as a directory", open(FOLLOW, "good", DIRECTORY, FD_READ), ENOTDIR);
    check("a dangling link", open(0, "gone", 0, FD_READ), ELOOP);
    check("followed", open(FOLLOW, "gone", 0, FD_READ), ENOENT);
    check("creat excl", open(FOLLOW, "gone", CREAT | EXCL, FD_WRITE), EEXIST);
    check("creat", open(FOLLOW, "gone", CREAT, FD_WRITE), ESUCCESS);
    check("what was made", open(0, "nowhere", 0, FD_READ), ESUCCESS);
    check("to a directory", open(FOLLOW, "todir", DIRECTORY, FD_READDIR), ESUCCESS);
    check("with a slash", open(0, "todir/", DIRECTORY, FD_READDIR), ESUCCESS);
    check("below it", open(0, "todir/inner", 0, FD_READ), ESUCCESS);
    check("a loop", open(0, "loop", 0, FD_READ), ELOOP);
    check("followed", open(FOLLOW, "loop", 0, FD_READ), ELOOP);
    check("below it", open(0, "loop/x", 0, FD_READ), ELOOP);
}

static void outside(void) {
    check("absolute", open(0, "/file", 0, FD_READ), EPERM);
    check("up", open(0, "..", DIRECTORY, FD_READ), EPERM);
    check("up and down", open(0, "../root/file", 0, FD_READ), EPERM);
    check("too far up", open(0, "dir/../../root/file", 0, FD_READ), EPERM);
    check("NUL", path_open(ROOT, 0, P("file\0x"), 0, FD_READ, 0, 0, &fd), EINVAL);
    check("NUL at the end", path_open(ROOT, 0, P("file\0"), 0, FD_READ, 0, 0, &fd), EINVAL);
    check("no UTF-8", path_open(ROOT, 0, P("\xff\xfe"), 0, FD_READ, 0, 0, &fd), EILSEQ);
    static char name[300];
    __builtin_memset(name, 'x', 299);
    check("a long name", open(0, name, CREAT, FD_WRITE), ENAMETOOLONG);
    check("at a file", path_open(opened("file", 0, FD_READ, 0), 0, P("x"), 0, 0, 0, 0, &fd),
          ENOTDIR);
    check("at a stream", path_open(1, 0, P("x"), 0, 0, 0, 0, &fd), ENOTDIR);
    check("at nothing", path_open(99, 0, P("x"), 0, 0, 0, 0, &fd), EBADF);
    u32 below = opened("dir", DIRECTORY, PATH_OPEN | FD_READDIR, 0);
    check("up from below", path_open(below, 0, P("../file"), 0, 0, 0, 0, &fd), EPERM);
}

void test(void) {
    existing();
    missing();
    directories();
    links();
    outside();
}
