#ifndef APUS_SNAPPY_H
#define APUS_SNAPPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The snappy block format (no framing). Every function is safe for use from several threads at once. */

/* The decompressed length that a block claims; false when it is no block. */
bool apus_snappy_claimed_length(const uint8_t *block, size_t block_length, size_t *length);

/* Decompresses a block into room for exactly the claimed length; false when the block is damaged. */
bool apus_snappy_decompress(const uint8_t *block, size_t block_length, uint8_t *output, size_t length);

/* The most bytes that `length` bytes can take as a block. */
size_t apus_snappy_largest_block(size_t length);

/* Compresses into room of at least `apus_snappy_largest_block(length)` bytes; gives the length of the block. */
size_t apus_snappy_compress(const uint8_t *input, size_t length, uint8_t *block, size_t room);

#endif
