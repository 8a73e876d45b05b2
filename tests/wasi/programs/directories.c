/* fd_readdir, path_create_directory, path_remove_directory, path_unlink_file, path_rename. */

#include "wasi.h"

static u8 buf[512];
static u32 n;
static filestat stat;

static u32 make(const char *path) { return path_create_directory(ROOT, path, length(path)); }
static u32 rmdir(const char *path) { return path_remove_directory(ROOT, path, length(path)); }
static u32 unlink(const char *path) { return path_unlink_file(ROOT, path, length(path)); }
static u32 rename(const char *old, const char *new) {
    return path_rename(ROOT, old, length(old), ROOT, new, length(new));
}
static u32 exists(const char *path) {
    return path_filestat_get(ROOT, 0, path, length(path), &stat);
}

/* Whether `name` is among the entries in `buf`, with type and cookie. */
static int found(const char *name, u32 type) {
    u32 at = 0, size = length(name);
    while (at + sizeof(dirent) <= n) {
        dirent entry;
        __builtin_memcpy(&entry, buf + at, sizeof entry);
        at += sizeof entry;
        if (entry.namlen == size && at + size <= n && equal(buf + at, name, size))
            return entry.type == type && entry.next != 0;
        at += entry.namlen;
    }
    return 0;
}

static void listing(u32 fd) {
    check("list", fd_readdir(fd, buf, sizeof buf, 0, &n), ESUCCESS);
    truth("all of it", n < sizeof buf);
    truth(".", found(".", DIR));
    truth("..", found("..", DIR));
    truth("a file", found("inner", FILE));
    value("bytes", n, 3 * sizeof(dirent) + 1 + 2 + 5);
    u32 entries = 0;
    u64 cookie = 0;
    do {
        if (fd_readdir(fd, buf, sizeof(dirent) + 5, cookie, &n)) break;
        if (n < sizeof(dirent)) break;
        __builtin_memcpy(&cookie, buf, 8);
        entries++;
    } while (entries < 10);
    value("one by one", entries, 3);
    check("behind the last", fd_readdir(fd, buf, sizeof buf, cookie, &n), ESUCCESS);
    value("bytes", n, 0);
    check("a small buffer", fd_readdir(fd, buf, 10, 0, &n), ESUCCESS);
    value("is full", n, 10);
    check("no buffer", fd_readdir(fd, buf, 0, 0, &n), ESUCCESS);
    value("bytes", n, 0);
    check("list nothing", fd_readdir(99, buf, sizeof buf, 0, &n), EBADF);
    u32 file = opened("file", 0, READ_WRITE, 0);
    check("list a file", fd_readdir(file, buf, sizeof buf, 0, &n), ENOTDIR);
}

static void making(void) {
    check("make", make("new"), ESUCCESS);
    check("with a slash", make("slash/"), ESUCCESS);
    check("below", make("new/sub"), ESUCCESS);
    check("again", make("new"), EEXIST);
    check("over a file", make("file"), EEXIST);
    check("over a link", make("gone"), EEXIST);
    check("below nothing", make("nothing/new"), ENOENT);
    check("below a file", make("file/new"), ENOTDIR);
    check("no path", make(""), ENOENT);
    check("the directory itself", make("."), EEXIST);
    check("outside", make("../new"), EPERM);
    check("absolute", make("/new"), EPERM);
    check("through a link", make("todir/made"), ESUCCESS);
    check("at nothing", path_create_directory(99, P("x")), EBADF);
}

static void removing(void) {
    check("remove", rmdir("todir/made"), ESUCCESS);
    check("with a slash", rmdir("slash/"), ESUCCESS);
    check("not empty", rmdir("new"), ENOTEMPTY);
    check("empty now", rmdir("new/sub"), ESUCCESS);
    check("so this too", rmdir("new"), ESUCCESS);
    check("again", rmdir("new"), ENOENT);
    check("a file", rmdir("file"), ENOTDIR);
    check("a file with a slash", rmdir("file/"), ENOTDIR);
    check("a link", rmdir("todir"), ENOTDIR);
    check("outside", rmdir("../x"), EPERM);
    check("unlink a directory", unlink("empty"), EISDIR);
    check("with a slash", unlink("empty/"), EISDIR);
    check("a file with a slash", unlink("file/"), ENOTDIR);
    check("nothing", unlink("nothing"), ENOENT);
    check("outside", unlink("../x"), EPERM);
    check("a dangling link", unlink("gone"), ESUCCESS);
    check("a link to a directory", unlink("todir"), ESUCCESS);
    check("what it led to", exists("dir/inner"), ESUCCESS);
}

static void renaming(void) {
    opened("a", CREAT, FD_WRITE, 0);
    check("a file", rename("a", "b"), ESUCCESS);
    check("the old name", exists("a"), ENOENT);
    check("the new name", exists("b"), ESUCCESS);
    check("over a file", rename("b", "file"), ESUCCESS);
    value("it was empty", exists("file") ? 1 : stat.size, 0);
    check("over a directory", rename("file", "empty"), EISDIR);
    check("a directory over a file", rename("empty", "file"), ENOTDIR);
    check("a directory", rename("empty", "moved"), ESUCCESS);
    check("with a slash", rename("moved/", "empty"), ESUCCESS);
    check("to a slash", rename("empty", "moved/"), ESUCCESS);
    check("with both", rename("moved/", "empty/"), ESUCCESS);
    make("other");
    check("over an empty directory", rename("other", "empty"), ESUCCESS);
    check("over one that is not", rename("empty", "dir"), ENOTEMPTY);
    check("into itself", rename("dir", "dir/sub"), EINVAL);
    check("nothing", rename("nothing", "new"), ENOENT);
    check("to itself", rename("file", "file"), ESUCCESS);
    check("a link", rename("good", "better"), ESUCCESS);
    check("is one still", exists("better") ? ENOENT : stat.type == LINK ? ESUCCESS : EINVAL, 0);
    check("a file with a slash", rename("file/", "new"), ENOTDIR);
    check("a file to a slash", rename("file", "new/"), ENOTDIR);
    check("outside", rename("file", "../file"), EPERM);
    check("from outside", rename("../file", "file"), EPERM);
    check("between descriptors", path_rename(ROOT, P("file"), 99, P("x")), EBADF);
}

void test(void) {
    u32 fd = opened("dir", DIRECTORY, FD_READDIR | PATH_OPEN, 0);
    listing(fd);
    making();
    removing();
    renaming();
}
