#ifndef APUS_ZLIB_H
#define APUS_ZLIB_H

#include <stddef.h>
#include <stdint.h>

/* Decompresses gzip streams piece by piece. Not safe for use from several threads at once. */
typedef struct apus_inflater apus_inflater;

typedef enum {
    APUS_INFLATE_MORE,      /* goes on when there is more input or more room */
    APUS_INFLATE_FINISHED,  /* the gzip member ended */
    APUS_INFLATE_DAMAGED,   /* not gzip, or a checksum is wrong */
    APUS_INFLATE_NO_MEMORY
} apus_inflate_status;

/* NULL when there is no memory. */
apus_inflater *apus_inflater_create(void);
void apus_inflater_destroy(apus_inflater *inflater);

/* Makes the inflater ready for the start of another gzip member. */
void apus_inflater_reset(apus_inflater *inflater);

/* Decompresses as much as fits; tells how many bytes of input were taken and of output were made. */
apus_inflate_status apus_inflater_step(
    apus_inflater *inflater,
    const uint8_t *input, size_t input_length, size_t *consumed,
    uint8_t *output, size_t output_length, size_t *produced);

/* What zlib says of the last step that failed; never NULL. */
const char *apus_inflater_message(const apus_inflater *inflater);

#endif
