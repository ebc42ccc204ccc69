/* Between lapxd and the C library: makes one step of the node's store fail, as the file that LAPX_FAULTS names says. A step can fail, fail
 * although it was done, or be done by half. Preloaded by failing_store.py, whose struct is the same. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { kWriteWal, kSyncWal, kCutWal, kWriteDb, kSyncDb, kWriteHead, kWriteExhibit, kSyncExhibit, kNameExhibit,
       kWriteKeys, kSyncKeys, kNameKeys, kSteps };
enum { kFailed, kPersisted, kTorn };

struct control {
    int32_t step;    /* which is to fail; -1: none */
    int32_t left;    /* how many are done before */
    int32_t how;
    int32_t error;
    int32_t lasting; /* all after it fail too */
    int32_t fired;   /* how many failed */
    int32_t counts[kSteps];
};

static struct control* control(void) {
    static struct control* shared;
    const char* path = getenv("LAPX_FAULTS");
    if (shared == NULL && path != NULL) {
        const int file = open(path, O_RDWR | O_CLOEXEC);
        void* at = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        close(file);
        if (at == MAP_FAILED) {
            abort();
        }
        shared = at;
    }
    return shared;
}

static int ends_with(const char* path, const char* end) {
    const size_t size = strlen(path), tail = strlen(end);
    return size >= tail && strcmp(path + size - tail, end) == 0;
}

/* The keyring, and the card with the notice; their new copies, and the keyring's folder. */
static int is_of_keys(const char* path) {
    return strstr(path, "/home/keys/") != NULL || ends_with(path, "/home/keys") || ends_with(path, "/home/card") || ends_with(path, "/home/card.new");
}

/* 'w': the write-ahead log, 'd': the database, 'h': the ledger's head, 'e': an exhibit, 'k': keys; 0: another file. */
static char what_is(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) {
        return 0;
    }
    path[size] = '\0';
    const char* name = strrchr(path, '/');
    if (name == NULL) {
        return 0;
    }
    if (strstr(path, "/exhibits/") != NULL) {
        return 'e';
    }
    if (is_of_keys(path)) {
        return 'k';
    }
    return strcmp(name, "/lapx.db-wal") == 0 ? 'w' : strcmp(name, "/lapx.db") == 0 ? 'd' : strcmp(name, "/ledger.head") == 0 ? 'h' : 0;
}

/* How this step fails; -1: it does not. */
static int fails(int step) {
    struct control* c = control();
    if (c == NULL) {
        return -1;
    }
    __atomic_add_fetch(&c->counts[step], 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&c->step, __ATOMIC_SEQ_CST) != step || c->left-- > 0) {
        return -1;
    }
    if (c->lasting) {
        c->left = 0;
    } else {
        __atomic_store_n(&c->step, -1, __ATOMIC_SEQ_CST);
    }
    errno = c->error;
    __atomic_add_fetch(&c->fired, 1, __ATOMIC_SEQ_CST);
    return c->how;
}

static ssize_t write_at(int fd, const void* octets, size_t size, off64_t at) {
    static ssize_t (*real)(int, const void*, size_t, off64_t);
    if (real == NULL) {
        *(void**)&real = dlsym(RTLD_NEXT, "pwrite64");
    }
    const char file = what_is(fd);
    const int how = file == 0 ? -1 : fails(file == 'w' ? kWriteWal : file == 'd' ? kWriteDb : file == 'e' ? kWriteExhibit : kWriteHead);
    if (how < 0) {
        return real(fd, octets, size, at);
    }
    const int error = errno;
    if (how != kFailed) {
        real(fd, octets, how == kTorn ? size / 2 : size, at);
    }
    errno = error;
    return -1;
}

ssize_t pwrite64(int fd, const void* octets, size_t size, off64_t at) { return write_at(fd, octets, size, at); }
ssize_t pwrite(int fd, const void* octets, size_t size, off_t at) { return write_at(fd, octets, size, at); }

ssize_t write(int fd, const void* octets, size_t size) {
    static ssize_t (*real)(int, const void*, size_t);
    if (real == NULL) {
        *(void**)&real = dlsym(RTLD_NEXT, "write");
    }
    const int how = what_is(fd) == 'k' ? fails(kWriteKeys) : -1;
    if (how < 0) {
        return real(fd, octets, size);
    }
    const int error = errno;
    if (how != kFailed) {
        real(fd, octets, how == kTorn ? size / 2 : size);
    }
    errno = error;
    return -1;
}

static int sync_file(int fd, const char* call) {
    int (*real)(int);
    *(void**)&real = dlsym(RTLD_NEXT, call);
    const char file = what_is(fd);
    const int how = file == 'w' ? fails(kSyncWal) : file == 'd' ? fails(kSyncDb) : file == 'e' ? fails(kSyncExhibit)
                    : file == 'k' ? fails(kSyncKeys) : -1;
    if (how < 0) {
        return real(fd);
    }
    const int error = errno;
    if (how != kFailed) {
        real(fd);
    }
    errno = error;
    return -1;
}

int fdatasync(int fd) { return sync_file(fd, "fdatasync"); }
int fsync(int fd) { return sync_file(fd, "fsync"); }

int sync_file_range(int fd, off64_t at, off64_t size, unsigned int flags) {
    static int (*real)(int, off64_t, off64_t, unsigned int);
    if (real == NULL) {
        *(void**)&real = dlsym(RTLD_NEXT, "sync_file_range");
    }
    return what_is(fd) == 'e' && fails(kSyncExhibit) >= 0 ? -1 : real(fd, at, size, flags);
}

int rename(const char* from, const char* to) {
    static int (*real)(const char*, const char*);
    if (real == NULL) {
        *(void**)&real = dlsym(RTLD_NEXT, "rename");
    }
    const int how = strstr(to, "/exhibits/") != NULL ? fails(kNameExhibit) : is_of_keys(to) ? fails(kNameKeys) : -1;
    if (how < 0) {
        return real(from, to);
    }
    const int error = errno;
    if (how != kFailed) {
        real(from, to);
    }
    errno = error;
    return -1;
}

static int cut_file(int fd, off64_t size) {
    static int (*real)(int, off64_t);
    if (real == NULL) {
        *(void**)&real = dlsym(RTLD_NEXT, "ftruncate64");
    }
    const int how = what_is(fd) == 'w' ? fails(kCutWal) : -1;
    if (how < 0) {
        return real(fd, size);
    }
    const int error = errno;
    if (how != kFailed) {
        real(fd, size);
    }
    errno = error;
    return -1;
}

int ftruncate64(int fd, off64_t size) { return cut_file(fd, size); }
int ftruncate(int fd, off_t size) { return cut_file(fd, size); }
