// Writes every SQL text that lapxd prepares to LAPX_QUERIES, with a NUL after each: stands between it and SQLite.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int Prepare(void *database, const char *sql, int size, unsigned flags, void **statement, const char **rest);

int sqlite3_prepare_v3(void *database, const char *sql, int size, unsigned flags, void **statement, const char **rest) {
    const int out = open(getenv("LAPX_QUERIES"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const size_t length = size < 0 ? strlen(sql) : strnlen(sql, (size_t)size);
    char *line = calloc(1, length + 1);
    if (out < 0 || line == 0) {
        abort();
    }
    memcpy(line, sql, length);
    if (write(out, line, length + 1) < 0) {
        abort();
    }
    free(line);
    close(out);
    return ((Prepare *)dlsym(RTLD_NEXT, "sqlite3_prepare_v3"))(database, sql, size, flags, statement, rest);
}
