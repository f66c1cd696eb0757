#ifndef APUS_DNS_H
#define APUS_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Several questions to the DNS that are asked together and waited for together.
typedef struct apus_dns_batch apus_dns_batch;

/// What became of a question.
typedef enum {
    /// There is an answer message.
    apus_dns_answered = 0,
    /// The name does not exist, or has no records of the type.
    apus_dns_empty = 1,
    /// No server gave a usable answer; the reason is a text.
    apus_dns_failed = 2,
} apus_dns_outcome;

/// Makes a batch.
///
/// `servers` is a list of `address:port` separated by commas, or NULL for those of resolv.conf.
/// NULL when c-ares cannot be set up; `*reason` then says why.
apus_dns_batch *apus_dns_batch_create(const char *servers, int timeout_milliseconds, int tries, const char **reason);

/// Adds a question; `type` is the number of the record type. Returns its index, or -1 without memory.
int apus_dns_batch_add(apus_dns_batch *batch, const char *name, int type);

/// Asks all questions and waits until each has an outcome, `deadline_milliseconds` are over, or the batch is cancelled.
void apus_dns_batch_run(apus_dns_batch *batch, int deadline_milliseconds);

/// Makes `apus_dns_batch_run` end soon; may be called from any thread while the batch exists.
void apus_dns_batch_cancel(apus_dns_batch *batch);

apus_dns_outcome apus_dns_batch_outcome(const apus_dns_batch *batch, int index);
/// Why a question failed.
const char *apus_dns_batch_reason(const apus_dns_batch *batch, int index);
/// The answer message; owned by the batch.
const uint8_t *apus_dns_batch_answer(const apus_dns_batch *batch, int index, size_t *length);

void apus_dns_batch_free(apus_dns_batch *batch);

#endif
