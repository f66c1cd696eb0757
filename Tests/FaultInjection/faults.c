// Loaded before the system's library (LD_PRELOAD), lets calls on the files of one folder fail now and then.
//
//   APUS_FAULTS_FOLDER  the folder, an absolute path without symbolic links
//   APUS_FAULTS_RATE    one call in so many fails
//   APUS_FAULTS_SEED    a number from which it follows which
//   APUS_FAULTS_LOG     a file that gets the name of each call that failed, a line each
//
// A write that fails has written a part of its bytes in half of the cases; a fault is followed by others in a quarter of the cases,
// as when a disk goes away for a while.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static uint64_t rate, state;
static int remaining, log_descriptor = -1;

static uint64_t next_number(void) {
    state += 0x9E3779B97F4A7C15u;
    uint64_t mixed = state;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
}

__attribute__((constructor)) static void begin(void) {
    const char *rate_text = getenv("APUS_FAULTS_RATE"), *seed = getenv("APUS_FAULTS_SEED");
    const char *log = getenv("APUS_FAULTS_LOG");
    folder = getenv("APUS_FAULTS_FOLDER");
    rate = rate_text ? strtoull(rate_text, NULL, 10) : 0;
    state = seed ? strtoull(seed, NULL, 10) : 1;
    if (log) log_descriptor = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

// Whether the call fails; `part` says whether it does a part of its work first.
static int fails(const char *path, const char *name, int *part) {
    if (!folder || rate == 0 || strncmp(path, folder, strlen(folder)) != 0) return 0;
    pthread_mutex_lock(&lock);
    int result = remaining > 0 || next_number() % rate == 0;
    if (remaining > 0) {
        remaining -= 1;
    } else if (result && next_number() % 4 == 0) {
        remaining = (int)(next_number() % 40);
    }
    if (part) *part = next_number() % 2 == 0;
    pthread_mutex_unlock(&lock);
    if (result && log_descriptor >= 0) {
        char line[64];
        int length = snprintf(line, sizeof line, "%s\n", name);
        syscall(SYS_write, log_descriptor, line, (size_t)length);
    }
    return result;
}

static int descriptor_fails(int descriptor, const char *name, int *part) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails(path, name, part);
}

static int failed(int code) {
    errno = code;
    return -1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define PWRITE(name)                                                                             \
    ssize_t name(int descriptor, const void *bytes, size_t count, off_t offset) {                \
        int part = 0;                                                                            \
        if (!descriptor_fails(descriptor, "write", &part)) return REAL(name)(descriptor, bytes, count, offset); \
        if (part) REAL(name)(descriptor, bytes, count / 2, offset);                              \
        return failed(EIO);                                                                      \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

int fsync(int descriptor) {
    return descriptor_fails(descriptor, "fsync", NULL) ? failed(EIO) : REAL(fsync)(descriptor);
}

#define FTRUNCATE(name)                                                                                  \
    int name(int descriptor, off_t length) {                                                             \
        return descriptor_fails(descriptor, "truncate", NULL) ? failed(EIO) : REAL(name)(descriptor, length); \
    }
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

#define OPEN(name)                                                          \
    int name(const char *path, int flags, ...) {                            \
        mode_t mode = 0;                                                    \
        if (flags & O_CREAT) {                                              \
            va_list arguments;                                              \
            va_start(arguments, flags);                                     \
            mode = va_arg(arguments, mode_t);                               \
            va_end(arguments);                                              \
        }                                                                   \
        return fails(path, "open", NULL) ? failed(EIO) : REAL(name)(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define MMAP(name)                                                                                            \
    void *name(void *start, size_t length, int protection, int flags, int descriptor, off_t offset) {         \
        if (descriptor >= 0 && descriptor_fails(descriptor, "mmap", NULL)) {                                  \
            errno = ENOMEM;                                                                                   \
            return MAP_FAILED;                                                                                \
        }                                                                                                     \
        return REAL(name)(start, length, protection, flags, descriptor, offset);                              \
    }
MMAP(mmap)
MMAP(mmap64)

int rename(const char *old, const char *new) { return fails(new, "rename", NULL) ? failed(EIO) : REAL(rename)(old, new); }

int link(const char *old, const char *new) { return fails(new, "link", NULL) ? failed(EIO) : REAL(link)(old, new); }

int unlink(const char *path) { return fails(path, "unlink", NULL) ? failed(EIO) : REAL(unlink)(path); }

int mkdir(const char *path, mode_t mode) { return fails(path, "mkdir", NULL) ? failed(ENOSPC) : REAL(mkdir)(path, mode); }

int rmdir(const char *path) { return fails(path, "rmdir", NULL) ? failed(EIO) : REAL(rmdir)(path); }
