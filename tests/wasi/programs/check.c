/* What the test programs share: printing, comparing, and the start. */

#include "wasi.h"

#define NAME(name) #name,
static const char *const names[] = {ERRNOS(NAME)};
static u32 failures;

u32 length(const char *text) {
    u32 n = 0;
    while (text[n]) n++;
    return n;
}

int equal(const void *one, const void *other, u32 len) {
    const char *a = one, *b = other;
    for (u32 i = 0; i < len; i++)
        if (a[i] != b[i]) return 0;
    return 1;
}

void say(const char *text) {
    static u32 written;
    iovec vector = {text, length(text)};
    fd_write(1, &vector, 1, &written);
}

static const char *errno_name(u32 number) {
    return number < sizeof names / sizeof *names ? names[number] : "NO ERRNO";
}

static const char *decimal(u64 number) {
    static char digits[24];
    char *at = digits + sizeof digits - 1;
    do *--at = (char)('0' + number % 10);
    while (number /= 10);
    return at;
}

static void expected(const char *text) {
    failures++;
    say(" (expected ");
    say(text);
    say(")");
}

void check(const char *label, u32 got, u32 wanted) {
    say(label);
    say(" ");
    say(errno_name(got));
    if (got != wanted) expected(errno_name(wanted));
    say("\n");
}

void value(const char *label, u64 got, u64 wanted) {
    say(label);
    say(" ");
    say(decimal(got));
    if (got != wanted) expected(decimal(wanted));
    say("\n");
}

void truth(const char *label, int holds) {
    say(label);
    say(holds ? " yes" : " no");
    if (!holds) expected("yes");
    say("\n");
}

u32 opened(const char *path, u32 oflags, u64 rights, u32 fdflags) {
    u32 fd;
    u32 errno = path_open(ROOT, FOLLOW, path, length(path), oflags, rights, 0, fdflags, &fd);
    return errno ? ~0u : fd;
}

u32 put(u32 fd, const char *text) {
    u32 written;
    iovec vector = {text, length(text)};
    return fd_write(fd, &vector, 1, &written) ? ~0u : written;
}

u32 get(u32 fd, char *buf, u32 len) {
    u32 read;
    iovec vector = {buf, len};
    return fd_read(fd, &vector, 1, &read) ? ~0u : read;
}

__attribute__((export_name("_start"))) void _start(void) {
    test();
    if (failures) proc_exit(1);
}
