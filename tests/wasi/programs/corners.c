/* ".", "..", slashes and links at the end of paths, for every function that takes one. */

#include "wasi.h"

static char buf[64];
static u32 n;
static filestat stat;

static u32 open(u32 flags, const char *path, u32 oflags, u64 rights) {
    u32 errno = path_open(ROOT, flags, path, length(path), oflags, rights, 0, 0, &n);
    if (!errno) fd_close(n);
    return errno;
}
static u32 look(const char *path) {
    return path_filestat_get(ROOT, 0, path, length(path), &stat);
}
static u32 make(const char *path) { return path_create_directory(ROOT, path, length(path)); }
static u32 rmdir(const char *path) { return path_remove_directory(ROOT, path, length(path)); }
static u32 unlink(const char *path) { return path_unlink_file(ROOT, path, length(path)); }
static u32 rename(const char *old, const char *new) {
    return path_rename(ROOT, old, length(old), ROOT, new, length(new));
}
static u32 symlink(const char *text, const char *path) {
    return path_symlink(text, length(text), ROOT, path, length(path));
}
static u32 link(const char *old, const char *new) {
    return path_link(ROOT, 0, old, length(old), ROOT, new, length(new));
}
static u32 readlink(const char *path) {
    return path_readlink(ROOT, path, length(path), buf, sizeof buf, &n);
}

void test(void) {
    check("look todir/", look("todir/"), ESUCCESS);
    value("type", stat.type, DIR);
    check("look todir/.", look("todir/."), ESUCCESS);
    check("look good/", look("good/"), ENOTDIR);
    check("look gone/", look("gone/"), ENOENT);
    check("look dir/inner/..", look("dir/inner/.."), ENOTDIR);
    check("look dir/inner/.", look("dir/inner/."), ENOTDIR);
    check("look ./.", look("./."), ESUCCESS);
    check("look dir/..", look("dir/.."), ESUCCESS);
    check("look todir/..", look("todir/.."), ESUCCESS);
    check("look dir//inner", look("dir//inner"), ESUCCESS);

    check("open dir/..", open(0, "dir/..", DIRECTORY, 0), ESUCCESS);
    check("open dir/.", open(0, "dir/.", DIRECTORY, 0), ESUCCESS);
    check("open todir/", open(0, "todir/", 0, 0), ESUCCESS);
    check("open good/", open(0, "good/", 0, FD_READ), ENOTDIR);
    check("open gone/", open(FOLLOW, "gone/", 0, FD_READ), ENOENT);
    check("open good creat", open(0, "good", CREAT, FD_WRITE), ELOOP);
    check("open gone creat", open(0, "gone", CREAT, FD_WRITE), ELOOP);
    check("open gone/ creat", open(FOLLOW, "gone/", CREAT, FD_WRITE), EISDIR);
    check("open . creat", open(0, ".", CREAT, FD_WRITE), EISDIR);
    check("open . excl", open(0, ".", CREAT | EXCL, FD_WRITE), EEXIST);
    check("open dir creat excl", open(0, "dir", CREAT | EXCL, FD_WRITE), EEXIST);
    check("open dir to write", open(0, "dir", 0, FD_WRITE), EISDIR);
    check("open dir trunc", open(0, "dir", TRUNC, FD_WRITE), EISDIR);

    check("make .", make("."), EEXIST);
    check("make ..", make(".."), EPERM);
    check("make dir/.", make("dir/."), EEXIST);
    check("make dir/..", make("dir/.."), EEXIST);
    check("make gone/", make("gone/"), EEXIST);
    check("make new/.", make("new/."), ENOENT);

    check("remove .", rmdir("."), EINVAL);
    check("remove empty/.", rmdir("empty/."), EINVAL);
    check("remove dir/..", rmdir("dir/.."), EINVAL);
    check("remove todir/", rmdir("todir/"), ENOTDIR);
    check("unlink .", unlink("."), EISDIR);
    check("unlink dir/..", unlink("dir/.."), EISDIR);
    check("unlink todir/", unlink("todir/"), ENOTDIR);
    check("unlink good/", unlink("good/"), ENOTDIR);
    check("unlink gone/", unlink("gone/"), ENOTDIR);

    check("rename .", rename(".", "new"), EBUSY);
    check("rename to .", rename("empty", "."), EBUSY);
    check("rename dir/..", rename("dir/..", "new"), EBUSY);
    check("rename to empty/..", rename("empty", "dir/.."), EBUSY);
    check("rename todir/", rename("todir/", "new"), ENOTDIR);
    check("rename to gone/", rename("file", "gone/"), ENOTDIR);
    check("rename dir to gone", rename("empty", "gone"), ENOTDIR);
    check("rename to todir", rename("file", "todir"), ESUCCESS);
    check("and back", rename("todir", "file"), ESUCCESS);

    check("symlink .", symlink("x", "."), EEXIST);
    check("symlink dir/.", symlink("x", "dir/."), EEXIST);
    check("symlink gone/", symlink("x", "gone/"), ENOTDIR);
    check("link to gone/", link("file", "gone/"), ENOTDIR);
    check("link dir/.", link("dir/.", "new"), EPERM);
    check("link to .", link("file", "."), EEXIST);
    check("link good/", link("good/", "new"), ENOTDIR);
    check("readlink .", readlink("."), EINVAL);
    check("readlink good/", readlink("good/"), ENOTDIR);
    check("readlink gone/", readlink("gone/"), ENOENT);
}
