/* path_symlink, path_readlink, path_link. */

#include "wasi.h"

static char buf[64];
static u32 n;
static filestat stat;

static u32 symlink(const char *text, const char *path) {
    return path_symlink(text, length(text), ROOT, path, length(path));
}
static u32 readlink(const char *path, u32 size) {
    return path_readlink(ROOT, path, length(path), buf, size, &n);
}
static u32 link(u32 flags, const char *old, const char *new) {
    return path_link(ROOT, flags, old, length(old), ROOT, new, length(new));
}
static u32 type(u32 flags, const char *path) {
    return path_filestat_get(ROOT, flags, path, length(path), &stat) ? ~0u : stat.type;
}

static void symbolic(void) {
    check("make", symlink("dir/../file", "new"), ESUCCESS);
    value("type", type(0, "new"), LINK);
    value("leads to", type(FOLLOW, "new"), FILE);
    check("dangling", symlink("nowhere/at/all", "dangling"), ESUCCESS);
    check("over a file", symlink("x", "file"), EEXIST);
    check("over a directory", symlink("x", "dir"), EEXIST);
    check("over it with a slash", symlink("x", "dir/"), EEXIST);
    check("with a slash", symlink("x", "fresh/"), ENOENT);
    check("over a file with a slash", symlink("x", "file/"), ENOTDIR);
    check("over a link", symlink("x", "gone"), EEXIST);
    check("below nothing", symlink("x", "nothing/new"), ENOENT);
    check("without text", symlink("", "fresh"), ENOENT);
    check("without a name", symlink("x", ""), ENOENT);
    check("with an absolute text", symlink("/etc/passwd", "fresh"), EPERM);
    check("outside", symlink("x", "../fresh"), EPERM);
    check("leading outside", symlink("../up", "up"), ESUCCESS);
    check("is not followed", type(FOLLOW, "up") == ~0u ? ESUCCESS : EIO, ESUCCESS);
}

static void reading(void) {
    __builtin_memset(buf, '.', sizeof buf);
    check("read", readlink("new", sizeof buf), ESUCCESS);
    value("bytes", n, 11);
    truth("text, and no more", equal(buf, "dir/../file.", 12));
    __builtin_memset(buf, '.', sizeof buf);
    check("into a small buffer", readlink("new", 3), ESUCCESS);
    value("bytes", n, 3);
    truth("cut off", equal(buf, "dir.", 4));
    check("into none", readlink("new", 0), ESUCCESS);
    value("bytes", n, 0);
    check("a file", readlink("file", 9), EINVAL);
    check("a directory", readlink("dir", 9), EINVAL);
    check("nothing", readlink("nothing", 9), ENOENT);
    check("a dangling one", readlink("dangling", 64), ESUCCESS);
    check("a loop", readlink("loop", 64), ESUCCESS);
    check("through a link", readlink("todir/inner", 64), EINVAL);
    check("outside", readlink("../x", 64), EPERM);
}

static void hard(void) {
    check("link", link(0, "file", "second"), ESUCCESS);
    value("links", type(0, "file") == FILE ? stat.nlink : 0, 2);
    u64 inode = stat.ino;
    truth("one file", type(0, "second") == FILE && stat.ino == inode);
    check("in another directory", link(0, "file", "dir/third"), ESUCCESS);
    check("over a file", link(0, "file", "second"), EEXIST);
    check("over itself", link(0, "file", "file"), EEXIST);
    check("over a directory", link(0, "file", "dir"), EEXIST);
    check("over a dangling link", link(0, "file", "gone"), EEXIST);
    check("a directory", link(0, "dir", "fresh"), EPERM);
    check("nothing", link(0, "nothing", "fresh"), ENOENT);
    check("with a slash", link(0, "file", "fresh/"), ENOENT);
    check("a file with a slash", link(0, "file/", "fresh"), ENOTDIR);
    check("a link itself", link(0, "gone", "copy"), ESUCCESS);
    value("type", type(0, "copy"), LINK);
    check("a loop", link(0, "loop", "copy2"), ESUCCESS);
    check("a link followed", link(FOLLOW, "good", "followed"), ESUCCESS);
    value("type", type(0, "followed"), FILE);
    check("a dangling link followed", link(FOLLOW, "gone", "fresh"), ENOENT);
    check("outside", link(0, "file", "../fresh"), EPERM);
    check("from outside", link(0, "../file", "fresh"), EPERM);
    check("at nothing", path_link(99, 0, P("file"), ROOT, P("fresh")), EBADF);
}

void test(void) {
    symbolic();
    reading();
    hard();
}
