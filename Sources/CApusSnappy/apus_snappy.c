#include "apus_snappy.h"

#include <snappy-c.h>

bool apus_snappy_claimed_length(const uint8_t *block, size_t block_length, size_t *length) {
    return snappy_uncompressed_length((const char *)block, block_length, length) == SNAPPY_OK;
}

bool apus_snappy_decompress(const uint8_t *block, size_t block_length, uint8_t *output, size_t length) {
    size_t written = length;
    return snappy_uncompress((const char *)block, block_length, (char *)output, &written) == SNAPPY_OK
        && written == length;
}

size_t apus_snappy_largest_block(size_t length) {
    return snappy_max_compressed_length(length);
}

size_t apus_snappy_compress(const uint8_t *input, size_t length, uint8_t *block, size_t room) {
    size_t written = room;
    return snappy_compress((const char *)input, length, (char *)block, &written) == SNAPPY_OK ? written : 0;
}
