/* Stands before the C library in a test's process: lets calls on files below one folder fail, lets the
 * disk be full, and writes down in which order things reach the disk and the client.
 *
 * The folder and the file for the order come from the environment (FAULTS_ROOT, FAULTS_TRACE) or by
 * `faults_watch`; what is to fail is said by `faults_fail` and `faults_room`.  Python calls them by ctypes. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define SHORT (-1) /* in place of an error: half of the bytes are written */
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static char root[PATH_MAX];
static int trace = -1;
static char watched[256];
static long passed, nth, until;
static int error;
static long room = LONG_MAX;

/* Write the order of what happens below this folder to this file. */
void faults_watch(const char *folder, const char *path) {
    snprintf(root, sizeof root, "%s", folder);
    trace = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
}

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("FAULTS_ROOT"), *path = getenv("FAULTS_TRACE");
    if (folder && path) faults_watch(folder, path);
}

/* From now on the n-th to the m-th of these calls ("fsync rename") fail. */
void faults_fail(const char *calls, long n, long m, int number) {
    snprintf(watched, sizeof watched, " %s ", calls);
    passed = 0, nth = n, until = m, error = number;
}

/* How many of these calls there were. */
long faults_passed(void) { return passed; }

/* From now on so many bytes may still be written. */
void faults_room(long bytes) { room = bytes; }

static int below(const char *path) {
    size_t size = strlen(root);
    return size && !strncmp(path, root, size) && (path[size] == '/' || !path[size]);
}

static int file_of(int descriptor, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t size = readlink(link, path, PATH_MAX - 1);
    path[size < 0 ? 0 : size] = 0;
    return below(path);
}

static void note(const char *call, const char *path) {
    char line[2 * PATH_MAX + 64];
    int size = snprintf(line, sizeof line, "%s %s\n", call, path);
    if (trace >= 0) syscall(SYS_write, trace, line, size);
}

/* Note the answer to a client. */
void faults_answer(void) { note("answer", ""); }

/* What this call is to fail with, or 0. */
static int fails(const char *call) {
    char word[32];
    snprintf(word, sizeof word, " %s ", call);
    if (!strstr(watched, word)) return 0;
    long number = __sync_add_and_fetch(&passed, 1);
    return nth <= number && number <= until ? error : 0;
}

static int refused(const char *call) {
    int number = fails(call);
    if (number <= 0) return 0;
    errno = number;
    return 1;
}

/* How many of the bytes may be written; -1 with errno if none. */
static ssize_t writable(const char *call, size_t size) {
    int number = fails(call);
    if (number == SHORT) return size > 1 ? size / 2 : size;
    if (number || room <= 0) return errno = number ? number : ENOSPC, -1;
    return room < (long)size ? room : (ssize_t)size;
}

static ssize_t written(const char *call, const char *path, ssize_t size) {
    if (size > 0 && room != LONG_MAX) __sync_sub_and_fetch(&room, size);
    if (size > 0) note(call, path);
    return size;
}

ssize_t write(int descriptor, const void *bytes, size_t size) {
    char path[PATH_MAX];
    if (!file_of(descriptor, path)) return REAL(write)(descriptor, bytes, size);
    ssize_t some = writable("write", size);
    return some < 0 ? -1 : written("write", path, REAL(write)(descriptor, bytes, some));
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t at) {
    char path[PATH_MAX];
    if (!file_of(descriptor, path)) return REAL(pwrite64)(descriptor, bytes, size, at);
    ssize_t some = writable("pwrite", size);
    return some < 0 ? -1 : written("write", path, REAL(pwrite64)(descriptor, bytes, some, at));
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t at) {
    return pwrite64(descriptor, bytes, size, at);
}

#define ON_DESCRIPTOR(name, parameters, arguments, as)              \
    int name parameters {                                           \
        char path[PATH_MAX];                                        \
        if (!file_of(descriptor, path)) return REAL(name) arguments; \
        if (refused(as)) return -1;                                 \
        int result = REAL(name) arguments;                          \
        if (!result) note(as, path);                                \
        return result;                                              \
    }

ON_DESCRIPTOR(fsync, (int descriptor), (descriptor), "fsync")
ON_DESCRIPTOR(fdatasync, (int descriptor), (descriptor), "fsync")
ON_DESCRIPTOR(ftruncate, (int descriptor, off_t size), (descriptor, size), "ftruncate")
ON_DESCRIPTOR(ftruncate64, (int descriptor, off64_t size), (descriptor, size), "ftruncate")

#define ON_PATH(name, parameters, arguments)           \
    int name parameters {                              \
        if (!below(path)) return REAL(name) arguments; \
        if (refused(#name)) return -1;                 \
        int result = REAL(name) arguments;             \
        if (!result) note(#name, path);                \
        return result;                                 \
    }

ON_PATH(unlink, (const char *path), (path))
ON_PATH(rmdir, (const char *path), (path))
ON_PATH(mkdir, (const char *path, mode_t mode), (path, mode))

int rename(const char *path, const char *to) {
    char both[2 * PATH_MAX + 1];
    if (!below(path)) return REAL(rename)(path, to);
    if (refused("rename")) return -1;
    int result = REAL(rename)(path, to);
    snprintf(both, sizeof both, "%s %s", to, path);
    if (!result) note("rename", both);
    return result;
}

#define OPENS(name)                                                             \
    int name(const char *path, int flags, ...) {                                \
        va_list rest;                                                           \
        va_start(rest, flags);                                                  \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                                           \
        if (below(path) && refused("open")) return -1;                          \
        if (below(path) && flags & O_ACCMODE && refused("open-to-write")) return -1; \
        return REAL(name)(path, flags, mode);                                   \
    }

OPENS(open)
OPENS(open64)

/* The answer to a client: noted before it leaves, so that what comes later was too late. */
ssize_t send(int descriptor, const void *bytes, size_t size, int flags) {
    if (size > 4 && !memcmp(bytes, "HTTP", 4)) note("answer", "");
    return REAL(send)(descriptor, bytes, size, flags);
}
