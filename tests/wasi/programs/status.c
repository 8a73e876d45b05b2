/* fd_filestat_get, fd_filestat_set_size, fd_filestat_set_times, path_filestat_get,
   path_filestat_set_times. */

#include "wasi.h"

static filestat stat, link;

static u32 look(u32 flags, const char *path) {
    return path_filestat_get(ROOT, flags, path, length(path), &stat);
}

static u32 times(u32 flags, const char *path, u64 atim, u64 mtim, u32 which) {
    return path_filestat_set_times(ROOT, flags, path, length(path), atim, mtim, which);
}

static void sizes(u32 fd) {
    check("of a file", fd_filestat_get(fd, &stat), ESUCCESS);
    value("type", stat.type, FILE);
    value("size", stat.size, 10);
    value("links", stat.nlink, 1);
    check("cut", fd_filestat_set_size(fd, 3), ESUCCESS);
    check("look", fd_filestat_get(fd, &stat), ESUCCESS);
    value("size", stat.size, 3);
    check("grow", fd_filestat_set_size(fd, 100), ESUCCESS);
    check("look", look(0, "file"), ESUCCESS);
    value("size", stat.size, 100);
    check("a negative size", fd_filestat_set_size(fd, -1ull), EINVAL);
    check("size of a directory", fd_filestat_set_size(ROOT, 0), EBADF);
    check("size of nothing", fd_filestat_set_size(99, 0), EBADF);
}

static void of_descriptors(u32 fd) {
    check("times", fd_filestat_set_times(fd, 5000, 7000, ATIM | MTIM), ESUCCESS);
    check("look", fd_filestat_get(fd, &stat), ESUCCESS);
    truth("both", stat.atim == 5000 && stat.mtim == 7000);
    check("one of them", fd_filestat_set_times(fd, 9000, 9000, MTIM), ESUCCESS);
    check("look", fd_filestat_get(fd, &stat), ESUCCESS);
    truth("only that", stat.atim == 5000 && stat.mtim == 9000);
    check("now", fd_filestat_set_times(fd, 1, 1, ATIM_NOW), ESUCCESS);
    check("look", fd_filestat_get(fd, &stat), ESUCCESS);
    truth("only that", stat.atim > 1577836800000000000 && stat.mtim == 9000);
    check("neither", fd_filestat_set_times(fd, 1, 1, 0), ESUCCESS);
    check("atim and now", fd_filestat_set_times(fd, 1, 1, ATIM | ATIM_NOW), EINVAL);
    check("mtim and now", fd_filestat_set_times(fd, 1, 1, MTIM | MTIM_NOW), EINVAL);
    check("times of a directory", fd_filestat_set_times(ROOT, 1000, 2000, MTIM), ESUCCESS);
    check("times of nothing", fd_filestat_set_times(99, 1, 1, MTIM), EBADF);
    check("of a directory", fd_filestat_get(ROOT, &stat), ESUCCESS);
    value("type", stat.type, DIR);
    value("time", stat.mtim, 2000);
    check("of a stream", fd_filestat_get(1, &stat), ESUCCESS);
    check("of nothing", fd_filestat_get(99, &stat), EBADF);
}

static void of_links(void) {
    check("a link", look(0, "good"), ESUCCESS);
    value("type", stat.type, LINK);
    check("times of the link", times(0, "good", 0, 3000, MTIM), ESUCCESS);
    check("look", look(0, "good"), ESUCCESS);
    value("time", stat.mtim, 3000);
    check("what it leads to", look(FOLLOW, "good"), ESUCCESS);
    value("type", stat.type, FILE);
    value("time", stat.mtim, 9000);
    check("times through the link", times(FOLLOW, "good", 0, 4000, MTIM), ESUCCESS);
    check("look", look(0, "file"), ESUCCESS);
    value("time", stat.mtim, 4000);
    check("look", look(0, "good"), ESUCCESS);
    value("time", stat.mtim, 3000);
    check("through a link on the way", look(0, "todir/inner"), ESUCCESS);
    check("a dangling link", look(0, "gone"), ESUCCESS);
    check("followed", look(FOLLOW, "gone"), ENOENT);
    check("times followed", times(FOLLOW, "gone", 1, 1, MTIM), ENOENT);
    check("a loop", look(0, "loop"), ESUCCESS);
    check("followed", look(FOLLOW, "loop"), ELOOP);
    check("on the way", look(0, "loop/x"), ELOOP);
}

void test(void) {
    u32 fd = opened("file", 0, READ_WRITE, 0);
    sizes(fd);
    of_descriptors(fd);
    of_links();
    check("a directory", look(0, "dir"), ESUCCESS);
    value("type", stat.type, DIR);
    check("with a slash", look(0, "dir/"), ESUCCESS);
    check("a file with a slash", look(0, "file/"), ENOTDIR);
    check("below a file", look(0, "file/x"), ENOTDIR);
    check("nothing", look(0, "nothing"), ENOENT);
    check("no path", look(0, ""), ENOENT);
    check("the directory itself", look(0, "."), ESUCCESS);
    check("and back", look(0, "dir/../file"), ESUCCESS);
    check("outside", look(0, ".."), EPERM);
    check("absolute", look(0, "/file"), EPERM);
    check("at a file", path_filestat_get(fd, 0, P("x"), &stat), ENOTDIR);
    check("at nothing", path_filestat_get(99, 0, P("x"), &stat), EBADF);
    check("atim and now", times(0, "file", 1, 1, ATIM | ATIM_NOW), EINVAL);
    check("times of nothing", times(0, "nothing", 1, 1, MTIM), ENOENT);
    check("a file and", look(0, "file"), ESUCCESS);
    link = stat;
    check("the same", fd_filestat_get(fd, &stat), ESUCCESS);
    truth("one inode", link.ino == stat.ino && link.dev == stat.dev);
}
