#ifndef APUS_BYTES_H
#define APUS_BYTES_H

#include <stddef.h>
#include <stdint.h>

/// CRC-32C (Castagnoli, RFC 3720 appendix B.4) of `length` bytes, continued from `crc` (0 to begin).
/// Uses the processor's instruction where there is one, a table otherwise.
uint32_t apus_crc32c(uint32_t crc, const void *bytes, size_t length);

/// The table version, for processors without the instruction; visible so that tests compare both.
uint32_t apus_crc32c_table(uint32_t crc, const void *bytes, size_t length);

#endif
