#include "apus_zlib.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct apus_inflater {
    z_stream stream;
};

/* 15 bits of window, plus 16: a gzip header and trailer are demanded and checked. */
static const int gzip_window_bits = 15 + 16;

apus_inflater *apus_inflater_create(void) {
    apus_inflater *inflater = calloc(1, sizeof *inflater);
    if (!inflater) return NULL;
    if (inflateInit2(&inflater->stream, gzip_window_bits) != Z_OK) {
        free(inflater);
        return NULL;
    }
    return inflater;
}

void apus_inflater_destroy(apus_inflater *inflater) {
    if (!inflater) return;
    inflateEnd(&inflater->stream);
    free(inflater);
}

void apus_inflater_reset(apus_inflater *inflater) {
    inflateReset(&inflater->stream);
}

apus_inflate_status apus_inflater_step(
    apus_inflater *inflater,
    const uint8_t *input, size_t input_length, size_t *consumed,
    uint8_t *output, size_t output_length, size_t *produced) {
    z_stream *stream = &inflater->stream;
    uInt available_in = input_length > UINT_MAX ? UINT_MAX : (uInt)input_length;
    uInt available_out = output_length > UINT_MAX ? UINT_MAX : (uInt)output_length;
    stream->next_in = (Bytef *)input;
    stream->avail_in = available_in;
    stream->next_out = output;
    stream->avail_out = available_out;
    int result = inflate(stream, Z_NO_FLUSH);
    *consumed = available_in - stream->avail_in;
    *produced = available_out - stream->avail_out;
    switch (result) {
    case Z_OK:
    case Z_BUF_ERROR: /* no progress was possible: the caller has to bring input or room */
        return APUS_INFLATE_MORE;
    case Z_STREAM_END:
        return APUS_INFLATE_FINISHED;
    case Z_MEM_ERROR:
        return APUS_INFLATE_NO_MEMORY;
    default:
        return APUS_INFLATE_DAMAGED;
    }
}

const char *apus_inflater_message(const apus_inflater *inflater) {
    return inflater->stream.msg ? inflater->stream.msg : "damaged stream";
}
