#ifndef APUS_CLOCK_H
#define APUS_CLOCK_H

#include <stdint.h>

/// What disciplines the kernel's clock; units as in adjtimex(2).
typedef struct {
    /// The state of the clock: 5 (`TIME_ERROR`) when nothing keeps it right.
    int32_t state;
    /// The bits `STA_…`.
    int32_t status;
    /// Micro- or nanoseconds, as `status` says.
    int64_t offset;
    /// Parts per million, times 65536.
    int64_t frequency;
    /// Microseconds.
    int64_t maximum_error;
    /// Microseconds.
    int64_t estimated_error;
    int64_t time_constant;
    /// Microseconds.
    int64_t tick;
    /// Of a signal once a second: parts per million, times 65536.
    int64_t pps_frequency;
    /// Micro- or nanoseconds, as `status` says.
    int64_t pps_jitter;
    /// Seconds, as a power of two.
    int64_t pps_shift;
    /// Parts per million, times 65536.
    int64_t pps_stability;
    int64_t pps_jitter_count;
    int64_t pps_calibration_count;
    int64_t pps_error_count;
    int64_t pps_stability_count;
    /// Seconds.
    int64_t tai_offset;
} apus_clock_discipline;

/// Asks the kernel and changes nothing. 0, or the system's error number.
int apus_clock_read(apus_clock_discipline *result);

/// Whether offsets are in nanoseconds.
int apus_clock_counts_nanoseconds(const apus_clock_discipline *discipline);

/// Whether something keeps the clock right.
int apus_clock_is_synchronized(const apus_clock_discipline *discipline);

#endif
