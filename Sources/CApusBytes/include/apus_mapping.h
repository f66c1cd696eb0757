#ifndef APUS_MAPPING_H
#define APUS_MAPPING_H

#include <stddef.h>
#include <stdint.h>

/// Watches a mapped file: a page that the disk cannot give, or that is beyond the end of a file that was cut meanwhile, reads as zeros
/// instead of ending the process, and is remembered.
///
/// Gives a number for `apus_mapping_failed` and `apus_mapping_unwatch`, or -1 when too many are watched: such a mapping is as any other.
int apus_mapping_watch(const void *start, size_t length);

/// Whether a page of a watched mapping could not be read.
int apus_mapping_failed(int number);

/// Ends watching; to be called before the file is unmapped.
void apus_mapping_unwatch(int number);

#endif
