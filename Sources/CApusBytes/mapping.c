// Reading a page of a mapped file that the disk cannot give raises SIGBUS. What is damaged on disk is an expected case here, and every
// reader checks checksums: so the page is replaced by zeros, and the reading goes on to find that out.

#include "apus_mapping.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

enum { CAPACITY = 8192 };

struct mapping {
    // 0 where the place is free.
    atomic_uintptr_t start;
    atomic_size_t length;
    atomic_int failed;
};

static struct mapping mappings[CAPACITY];
// No place from here on was ever taken.
static atomic_int used;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction previous;
static uintptr_t page_size;
static int is_installed;

// Only what may be done in a handler: atomics and calls of the system.
static void on_bus_error(int signal_number, siginfo_t *info, void *context) {
    (void)context;
    int saved = errno;
    uintptr_t address = (uintptr_t)info->si_addr;
    int count = atomic_load(&used);
    for (int number = 0; number < count; number++) {
        uintptr_t start = atomic_load(&mappings[number].start);
        if (start == 0 || address < start || address - start >= atomic_load(&mappings[number].length)) continue;
        void *page = (void *)(address & ~(page_size - 1));
        if (mmap(page, page_size, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) break;
        atomic_store(&mappings[number].failed, 1);
        errno = saved;
        return;
    }
    // Not ours: the access is tried again, and whoever was here before hears of it.
    sigaction(signal_number, &previous, NULL);
    errno = saved;
}

static void install(void) {
    if (is_installed) return;
    page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
    struct sigaction action = {0};
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigemptyset(&action.sa_mask);
    is_installed = sigaction(SIGBUS, &action, &previous) == 0;
}

int apus_mapping_watch(const void *start, size_t length) {
    int result = -1;
    pthread_mutex_lock(&lock);
    install();
    if (is_installed) {
        for (int number = 0; number < CAPACITY; number++) {
            if (atomic_load(&mappings[number].start) != 0) continue;
            atomic_store(&mappings[number].failed, 0);
            atomic_store(&mappings[number].length, length);
            atomic_store(&mappings[number].start, (uintptr_t)start);
            if (number >= atomic_load(&used)) atomic_store(&used, number + 1);
            result = number;
            break;
        }
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int apus_mapping_failed(int number) {
    return number >= 0 && number < CAPACITY && atomic_load_explicit(&mappings[number].failed, memory_order_relaxed);
}

void apus_mapping_unwatch(int number) {
    if (number < 0 || number >= CAPACITY) return;
    pthread_mutex_lock(&lock);
    atomic_store(&mappings[number].start, 0);
    pthread_mutex_unlock(&lock);
}
