#ifndef APUS_ZSTD_H
#define APUS_ZSTD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What decompressing gave. */
typedef enum {
    APUS_ZSTD_DONE,
    /* More room is needed. */
    APUS_ZSTD_TOO_SMALL,
    /* The frame is damaged. */
    APUS_ZSTD_DAMAGED,
} apus_zstd_result;

/* Decompresses one or more frames into `room` bytes; sets the number of bytes written. Safe for use from several threads. */
apus_zstd_result apus_zstd_decompress(
    const uint8_t *frames, size_t frames_length, uint8_t *output, size_t room, size_t *written);

/* The decompressed length that the first frame claims; false when it does not say, or is no frame. */
bool apus_zstd_claimed_length(const uint8_t *frames, size_t frames_length, uint64_t *length);

/* Memory for compressing, kept from call to call; for one thread at a time. */
typedef struct apus_zstd_compressor apus_zstd_compressor;

/* Memory for compressing; NULL when there is none. */
apus_zstd_compressor *apus_zstd_compressor_make(void);

/* Gives the memory back. */
void apus_zstd_compressor_free(apus_zstd_compressor *compressor);

/* Compresses to one frame of at most `room` bytes, which states its decompressed length; sets the number of bytes written. */
apus_zstd_result apus_zstd_compress(
    apus_zstd_compressor *compressor, int level, const uint8_t *input, size_t input_length, uint8_t *output,
    size_t room, size_t *written);

#endif
