// A disk with room for FULLDISK_BYTES of writing into files: after those every write of the program fails with ENOSPC.
// Loaded with LD_PRELOAD. The engine writes through libc; what Go writes by itself is small and passes by.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long written;

static int full(int fd, size_t n) {
    static long room = -2;
    struct stat s;
    if (room == -2) {
        const char *text = getenv("FULLDISK_BYTES");
        room = text ? atol(text) : -1;
    }
    if (room < 0 || fstat(fd, &s) != 0 || !S_ISREG(s.st_mode)) return 0;
    return atomic_fetch_add(&written, (long)n) + (long)n > room;
}

ssize_t write(int fd, const void *buf, size_t n) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "write");
    if (full(fd, n)) { errno = ENOSPC; return -1; }
    return real(fd, buf, n);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at) {
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (!real) real = dlsym(RTLD_NEXT, "pwrite");
    if (full(fd, n)) { errno = ENOSPC; return -1; }
    return real(fd, buf, n, at);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at) {
    static ssize_t (*real)(int, const void *, size_t, off64_t);
    if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
    if (full(fd, n)) { errno = ENOSPC; return -1; }
    return real(fd, buf, n, at);
}
