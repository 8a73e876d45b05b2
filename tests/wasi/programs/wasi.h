/* The 46 functions of preview 1 as the core module sees them, and checks that print what came.
   No C library stands between these programs and the host: every argument is theirs. */

#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef const void *in;
typedef void *out;

/* With UNSTABLE the same programs use the form of WASI before preview 1, which has another order
   of whence, 32-bit link counts, and an identifier in clock subscriptions. */
#ifdef UNSTABLE
#define MODULE "wasi_unstable"
#else
#define MODULE "wasi_snapshot_preview1"
#endif

#define WASI(result, name, ...) \
    __attribute__((import_module(MODULE), import_name(#name))) result name(__VA_ARGS__)

WASI(u32, args_get, out argv, out buf);
WASI(u32, args_sizes_get, u32 *count, u32 *size);
WASI(u32, environ_get, out environ, out buf);
WASI(u32, environ_sizes_get, u32 *count, u32 *size);
WASI(u32, clock_res_get, u32 id, u64 *result);
WASI(u32, clock_time_get, u32 id, u64 precision, u64 *result);
WASI(u32, fd_advise, u32 fd, u64 offset, u64 len, u32 advice);
WASI(u32, fd_allocate, u32 fd, u64 offset, u64 len);
WASI(u32, fd_close, u32 fd);
WASI(u32, fd_datasync, u32 fd);
WASI(u32, fd_fdstat_get, u32 fd, out stat);
WASI(u32, fd_fdstat_set_flags, u32 fd, u32 flags);
WASI(u32, fd_fdstat_set_rights, u32 fd, u64 base, u64 inheriting);
WASI(u32, fd_filestat_get, u32 fd, out stat);
WASI(u32, fd_filestat_set_size, u32 fd, u64 size);
WASI(u32, fd_filestat_set_times, u32 fd, u64 atim, u64 mtim, u32 flags);
WASI(u32, fd_pread, u32 fd, in iovs, u32 count, u64 offset, u32 *size);
WASI(u32, fd_prestat_get, u32 fd, out prestat);
WASI(u32, fd_prestat_dir_name, u32 fd, out path, u32 len);
WASI(u32, fd_pwrite, u32 fd, in iovs, u32 count, u64 offset, u32 *size);
WASI(u32, fd_read, u32 fd, in iovs, u32 count, u32 *size);
WASI(u32, fd_readdir, u32 fd, out buf, u32 len, u64 cookie, u32 *size);
WASI(u32, fd_renumber, u32 fd, u32 to);
WASI(u32, fd_seek, u32 fd, u64 offset, u32 whence, u64 *result);
WASI(u32, fd_sync, u32 fd);
WASI(u32, fd_tell, u32 fd, u64 *result);
WASI(u32, fd_write, u32 fd, in iovs, u32 count, u32 *size);
WASI(u32, path_create_directory, u32 fd, in path, u32 len);
WASI(u32, path_filestat_get, u32 fd, u32 flags, in path, u32 len, out stat);
WASI(u32, path_filestat_set_times, u32 fd, u32 flags, in path, u32 len, u64 atim, u64 mtim,
     u32 fst_flags);
WASI(u32, path_link, u32 fd, u32 flags, in path, u32 len, u32 to, in new_path, u32 new_len);
WASI(u32, path_open, u32 fd, u32 dirflags, in path, u32 len, u32 oflags, u64 base, u64 inheriting,
     u32 fdflags, u32 *result);
WASI(u32, path_readlink, u32 fd, in path, u32 len, out buf, u32 buf_len, u32 *size);
WASI(u32, path_remove_directory, u32 fd, in path, u32 len);
WASI(u32, path_rename, u32 fd, in path, u32 len, u32 to, in new_path, u32 new_len);
WASI(u32, path_symlink, in text, u32 text_len, u32 fd, in path, u32 len);
WASI(u32, path_unlink_file, u32 fd, in path, u32 len);
WASI(u32, poll_oneoff, in subscriptions, out events, u32 count, u32 *result);
WASI(_Noreturn void, proc_exit, u32 code);
WASI(u32, proc_raise, u32 signal);
WASI(u32, sched_yield, void);
WASI(u32, random_get, out buf, u32 len);
WASI(u32, sock_accept, u32 fd, u32 flags, u32 *result);
WASI(u32, sock_recv, u32 fd, in iovs, u32 count, u32 flags, u32 *size, u16 *roflags);
WASI(u32, sock_send, u32 fd, in iovs, u32 count, u32 flags, u32 *size);
WASI(u32, sock_shutdown, u32 fd, u32 how);

/* errno in the order of the witx enum. */
#define ERRNOS(X)                                                                              \
    X(SUCCESS) X(2BIG) X(ACCES) X(ADDRINUSE) X(ADDRNOTAVAIL) X(AFNOSUPPORT) X(AGAIN) X(ALREADY) \
    X(BADF) X(BADMSG) X(BUSY) X(CANCELED) X(CHILD) X(CONNABORTED) X(CONNREFUSED) X(CONNRESET)   \
    X(DEADLK) X(DESTADDRREQ) X(DOM) X(DQUOT) X(EXIST) X(FAULT) X(FBIG) X(HOSTUNREACH) X(IDRM)   \
    X(ILSEQ) X(INPROGRESS) X(INTR) X(INVAL) X(IO) X(ISCONN) X(ISDIR) X(LOOP) X(MFILE) X(MLINK)  \
    X(MSGSIZE) X(MULTIHOP) X(NAMETOOLONG) X(NETDOWN) X(NETRESET) X(NETUNREACH) X(NFILE)         \
    X(NOBUFS) X(NODEV) X(NOENT) X(NOEXEC) X(NOLCK) X(NOLINK) X(NOMEM) X(NOMSG) X(NOPROTOOPT)    \
    X(NOSPC) X(NOSYS) X(NOTCONN) X(NOTDIR) X(NOTEMPTY) X(NOTRECOVERABLE) X(NOTSOCK) X(NOTSUP)   \
    X(NOTTY) X(NXIO) X(OVERFLOW) X(OWNERDEAD) X(PERM) X(PIPE) X(PROTO) X(PROTONOSUPPORT)        \
    X(PROTOTYPE) X(RANGE) X(ROFS) X(SPIPE) X(SRCH) X(STALE) X(TIMEDOUT) X(TXTBSY) X(XDEV)       \
    X(NOTCAPABLE)
#define ENUMERATOR(name) E##name,
enum errno { ERRNOS(ENUMERATOR) };
#undef ENUMERATOR

#define ROOT 3 /* the first preopened directory */
#define FOLLOW 1
enum { CREAT = 1, DIRECTORY = 2, EXCL = 4, TRUNC = 8 };
enum { APPEND = 1, DSYNC = 2, NONBLOCK = 4, RSYNC = 8, SYNC = 16 };
enum { ATIM = 1, ATIM_NOW = 2, MTIM = 4, MTIM_NOW = 8 };
#ifdef UNSTABLE
enum { CUR, END, SET };
typedef u32 linkcount;
typedef struct { u64 identifier; u32 id; u64 timeout, precision; u16 flags; } clock;
#else
enum { SET, CUR, END };
typedef u64 linkcount;
typedef struct { u32 id; u64 timeout, precision; u16 flags; } clock;
#endif
enum { UNKNOWN, BLOCK_DEVICE, CHARACTER_DEVICE, DIR, FILE, DGRAM, STREAM, LINK };
enum right {
    FD_DATASYNC = 1 << 0, FD_READ = 1 << 1, FD_SEEK = 1 << 2, FD_FDSTAT_SET_FLAGS = 1 << 3,
    FD_SYNC = 1 << 4, FD_TELL = 1 << 5, FD_WRITE = 1 << 6, FD_ADVISE = 1 << 7,
    FD_ALLOCATE = 1 << 8, PATH_CREATE_DIRECTORY = 1 << 9, PATH_CREATE_FILE = 1 << 10,
    PATH_OPEN = 1 << 13, FD_READDIR = 1 << 14, PATH_FILESTAT_GET = 1 << 18,
    PATH_FILESTAT_SET_SIZE = 1 << 19, FD_FILESTAT_GET = 1 << 21, FD_FILESTAT_SET_SIZE = 1 << 22,
    FD_FILESTAT_SET_TIMES = 1 << 23, POLL_FD_READWRITE = 1 << 27
};
#define READ_WRITE                                                                           \
    (FD_READ | FD_WRITE | FD_SEEK | FD_TELL | FD_FDSTAT_SET_FLAGS | FD_SYNC | FD_DATASYNC |    \
     FD_ADVISE | FD_ALLOCATE | FD_FILESTAT_GET | FD_FILESTAT_SET_SIZE | FD_FILESTAT_SET_TIMES | \
     POLL_FD_READWRITE)

typedef struct { u8 type; u16 flags; u64 base, inheriting; } fdstat;
typedef struct {
    u64 dev, ino;
    u8 type;
    linkcount nlink;
    u64 size, atim, mtim, ctim;
} filestat;
typedef struct { const void *buf; u32 len; } iovec;
typedef struct { u64 next, ino; u32 namlen; u8 type; } dirent;

enum { CLOCK, READ, WRITE }; /* types of events */
typedef struct {
    u64 userdata;
    u8 type;
    union { u32 fd; clock clock; } u;
} subscription;
typedef struct { u64 userdata; u16 error; u8 type; u64 nbytes; u16 flags; } event;
#define AFTER(number, nanoseconds, bits) \
    {.clock = {.id = (number), .timeout = (nanoseconds), .flags = (bits)}}

/* A path or text as pointer and length. */
#define P(text) (text), (u32)(sizeof(text) - 1)

/* Prints what the call gave as "LABEL NAME", and " (expected NAME)" if that is another. */
void check(const char *label, u32 got, u32 expected);
/* The same for a number. */
void value(const char *label, u64 got, u64 expected);
/* Prints "LABEL yes" or "LABEL no (expected yes)". */
void truth(const char *label, int holds);
void say(const char *text);

/* The calls that most checks need, without checks of their own: 0xffffffff for no descriptor. */
u32 opened(const char *path, u32 oflags, u64 rights, u32 fdflags);
u32 put(u32 fd, const char *text); /* fd_write; the bytes written or 0xffffffff */
u32 get(u32 fd, char *buf, u32 len); /* fd_read; the bytes read or 0xffffffff */
u32 length(const char *text);
int equal(const void *one, const void *other, u32 len);

void test(void); /* what each program defines */
