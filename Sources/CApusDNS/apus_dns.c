#include "apus_dns.h"

#include <ares.h>
#include <ares_dns.h>
#include <arpa/nameser.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// How often a running batch looks whether it was cancelled.
static const int cancellation_interval_milliseconds = 100;
// Room for EDNS answers that fit one packet on any path (DNS flag day 2020).
static const int edns_payload_bytes = 1232;

typedef struct {
    apus_dns_batch *batch;
    char *name;
    int type;
    int status;
    uint8_t *answer;
    size_t length;
} question;

struct apus_dns_batch {
    ares_channel channel;
    // Pointers, because c-ares keeps the address of each question.
    question **questions;
    int count;
    int capacity;
    int pending;
    atomic_bool cancelled;
};

static pthread_once_t library_once = PTHREAD_ONCE_INIT;
static int library_status = ARES_SUCCESS;

static void initialise_library(void) { library_status = ares_library_init(ARES_LIB_INIT_ALL); }

apus_dns_batch *apus_dns_batch_create(const char *servers, int timeout_milliseconds, int tries, const char **reason) {
    pthread_once(&library_once, initialise_library);
    if (library_status != ARES_SUCCESS) {
        *reason = ares_strerror(library_status);
        return NULL;
    }
    apus_dns_batch *batch = calloc(1, sizeof(*batch));
    if (batch == NULL) {
        *reason = ares_strerror(ARES_ENOMEM);
        return NULL;
    }
    atomic_init(&batch->cancelled, false);
    struct ares_options options;
    memset(&options, 0, sizeof(options));
    options.flags = ARES_FLAG_EDNS;
    options.ednspsz = edns_payload_bytes;
    options.timeout = timeout_milliseconds;
    options.tries = tries;
    int mask = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES;
    int status = ares_init_options(&batch->channel, &options, mask);
    if (status != ARES_SUCCESS) {
        *reason = ares_strerror(status);
        free(batch);
        return NULL;
    }
    if (servers != NULL) {
        status = ares_set_servers_ports_csv(batch->channel, servers);
        if (status != ARES_SUCCESS) {
            *reason = ares_strerror(status);
            apus_dns_batch_free(batch);
            return NULL;
        }
    }
    return batch;
}

int apus_dns_batch_add(apus_dns_batch *batch, const char *name, int type) {
    if (batch->count == batch->capacity) {
        int capacity = batch->capacity == 0 ? 8 : batch->capacity * 2;
        question **questions = realloc(batch->questions, (size_t)capacity * sizeof(*questions));
        if (questions == NULL) return -1;
        batch->questions = questions;
        batch->capacity = capacity;
    }
    question *added = calloc(1, sizeof(*added));
    if (added == NULL) return -1;
    added->name = strdup(name);
    if (added->name == NULL) {
        free(added);
        return -1;
    }
    added->batch = batch;
    added->type = type;
    added->status = ARES_ETIMEOUT;
    batch->questions[batch->count] = added;
    return batch->count++;
}

static void receive(void *argument, int status, int timeouts, unsigned char *answer, int length) {
    (void)timeouts;
    question *asked = argument;
    asked->status = status;
    if (status == ARES_SUCCESS && answer != NULL && length > 0) {
        asked->answer = malloc((size_t)length);
        if (asked->answer == NULL) {
            asked->status = ARES_ENOMEM;
        } else {
            memcpy(asked->answer, answer, (size_t)length);
            asked->length = (size_t)length;
        }
    }
    asked->batch->pending--;
}

static int64_t now_milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

// One turn of waiting for sockets and handing them to c-ares.
static void process(ares_channel channel, int64_t limit) {
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    struct pollfd polled[ARES_GETSOCK_MAXNUM];
    int mask = ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
    int count = 0;
    for (int index = 0; index < ARES_GETSOCK_MAXNUM; index++) {
        short events = 0;
        if (ARES_GETSOCK_READABLE(mask, index)) events |= POLLIN;
        if (ARES_GETSOCK_WRITABLE(mask, index)) events |= POLLOUT;
        if (events == 0) continue;
        polled[count].fd = sockets[index];
        polled[count].events = events;
        polled[count].revents = 0;
        count++;
    }
    struct timeval limit_time = {.tv_sec = limit / 1000, .tv_usec = (limit % 1000) * 1000};
    struct timeval wait_time;
    struct timeval *wait = ares_timeout(channel, &limit_time, &wait_time);
    int milliseconds = wait == NULL ? (int)limit : (int)(wait->tv_sec * 1000 + (wait->tv_usec + 999) / 1000);
    int ready = poll(polled, (nfds_t)count, milliseconds);
    if (ready <= 0) {
        ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        return;
    }
    for (int index = 0; index < count; index++) {
        short events = polled[index].revents;
        if (events == 0) continue;
        bool readable = (events & (POLLIN | POLLERR | POLLHUP)) != 0;
        bool writable = (events & POLLOUT) != 0;
        ares_process_fd(channel, readable ? polled[index].fd : ARES_SOCKET_BAD,
                        writable ? polled[index].fd : ARES_SOCKET_BAD);
    }
}

void apus_dns_batch_run(apus_dns_batch *batch, int deadline_milliseconds) {
    int64_t deadline = now_milliseconds() + deadline_milliseconds;
    batch->pending = batch->count;
    for (int index = 0; index < batch->count; index++) {
        question *asked = batch->questions[index];
        ares_search(batch->channel, asked->name, ns_c_in, asked->type, receive, asked);
    }
    while (batch->pending > 0) {
        int64_t rest = deadline - now_milliseconds();
        if (rest <= 0 || atomic_load(&batch->cancelled)) {
            // Calls `receive` for every question that is still open.
            ares_cancel(batch->channel);
            break;
        }
        process(batch->channel, rest < cancellation_interval_milliseconds ? rest : cancellation_interval_milliseconds);
    }
}

void apus_dns_batch_cancel(apus_dns_batch *batch) { atomic_store(&batch->cancelled, true); }

apus_dns_outcome apus_dns_batch_outcome(const apus_dns_batch *batch, int index) {
    switch (batch->questions[index]->status) {
    case ARES_SUCCESS: return apus_dns_answered;
    case ARES_ENODATA:
    case ARES_ENOTFOUND: return apus_dns_empty;
    default: return apus_dns_failed;
    }
}

const char *apus_dns_batch_reason(const apus_dns_batch *batch, int index) {
    int status = batch->questions[index]->status;
    return status == ARES_ECANCELLED ? "no answer within the time allowed" : ares_strerror(status);
}

const uint8_t *apus_dns_batch_answer(const apus_dns_batch *batch, int index, size_t *length) {
    *length = batch->questions[index]->length;
    return batch->questions[index]->answer;
}

void apus_dns_batch_free(apus_dns_batch *batch) {
    ares_destroy(batch->channel);
    for (int index = 0; index < batch->count; index++) {
        free(batch->questions[index]->name);
        free(batch->questions[index]->answer);
        free(batch->questions[index]);
    }
    free(batch->questions);
    free(batch);
}
