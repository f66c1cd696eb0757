#ifndef APUS_DEFLATE_H
#define APUS_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Compresses one gzip stream piece by piece. Not safe for use from several threads at once. */
typedef struct apus_deflater apus_deflater;

/* level: 1 (fast) to 9 (small). NULL when there is no memory. */
apus_deflater *apus_deflater_create(int level);
void apus_deflater_destroy(apus_deflater *deflater);

/* Compresses as much as fits; tells how many bytes of input were taken and of output were made.
   With is_last the stream is ended after the input. Returns whether all that the input gives was written:
   if not, the caller brings more room and the rest of the input. */
bool apus_deflater_step(
    apus_deflater *deflater, bool is_last,
    const uint8_t *input, size_t input_length, size_t *consumed,
    uint8_t *output, size_t output_length, size_t *produced);

#endif
