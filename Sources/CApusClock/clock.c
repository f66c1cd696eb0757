#include "apus_clock.h"

#include <errno.h>
#include <string.h>

#ifdef __linux__
#include <sys/timex.h>

int apus_clock_read(apus_clock_discipline *result) {
    struct timex facts;
    memset(&facts, 0, sizeof facts);
    int state = adjtimex(&facts);
    if (state < 0) return errno;
    result->state = state;
    result->status = facts.status;
    result->offset = facts.offset;
    result->frequency = facts.freq;
    result->maximum_error = facts.maxerror;
    result->estimated_error = facts.esterror;
    result->time_constant = facts.constant;
    result->tick = facts.tick;
    result->pps_frequency = facts.ppsfreq;
    result->pps_jitter = facts.jitter;
    result->pps_shift = facts.shift;
    result->pps_stability = facts.stabil;
    result->pps_jitter_count = facts.jitcnt;
    result->pps_calibration_count = facts.calcnt;
    result->pps_error_count = facts.errcnt;
    result->pps_stability_count = facts.stbcnt;
    result->tai_offset = facts.tai;
    return 0;
}

int apus_clock_counts_nanoseconds(const apus_clock_discipline *discipline) {
    return (discipline->status & STA_NANO) != 0;
}

int apus_clock_is_synchronized(const apus_clock_discipline *discipline) {
    return discipline->state != TIME_ERROR;
}
#else
int apus_clock_read(apus_clock_discipline *result) {
    (void)result;
    return ENOSYS;
}

int apus_clock_counts_nanoseconds(const apus_clock_discipline *discipline) {
    (void)discipline;
    return 0;
}

int apus_clock_is_synchronized(const apus_clock_discipline *discipline) {
    (void)discipline;
    return 0;
}
#endif
