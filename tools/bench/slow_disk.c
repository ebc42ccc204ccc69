// A disk whose every flush takes 4 ms more: stands between lapxd and the C library (LD_PRELOAD).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

static const struct timespec kMore = {0, 4000000};

static int flush_slowly(const char *call, int file) {
    int (*const real)(int) = (int (*)(int))dlsym(RTLD_NEXT, call);
    const int result = real(file);
    nanosleep(&kMore, 0);
    return result;
}

int fsync(int file) { return flush_slowly("fsync", file); }
int fdatasync(int file) { return flush_slowly("fdatasync", file); }
