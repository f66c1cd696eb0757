#include "apus_deflate.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

struct apus_deflater {
    z_stream stream;
};

/* 15 bits of window, plus 16: a gzip header and trailer are written. */
static const int gzip_window_bits = 15 + 16;
static const int memory_level = 8;

apus_deflater *apus_deflater_create(int level) {
    apus_deflater *deflater = calloc(1, sizeof *deflater);
    if (!deflater) return NULL;
    if (deflateInit2(&deflater->stream, level, Z_DEFLATED, gzip_window_bits, memory_level, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(deflater);
        return NULL;
    }
    return deflater;
}

void apus_deflater_destroy(apus_deflater *deflater) {
    if (!deflater) return;
    deflateEnd(&deflater->stream);
    free(deflater);
}

bool apus_deflater_step(
    apus_deflater *deflater, bool is_last,
    const uint8_t *input, size_t input_length, size_t *consumed,
    uint8_t *output, size_t output_length, size_t *produced) {
    z_stream *stream = &deflater->stream;
    uInt available_in = input_length > UINT_MAX ? UINT_MAX : (uInt)input_length;
    uInt available_out = output_length > UINT_MAX ? UINT_MAX : (uInt)output_length;
    bool has_whole_input = available_in == input_length;
    stream->next_in = (Bytef *)input;
    stream->avail_in = available_in;
    stream->next_out = output;
    stream->avail_out = available_out;
    int result = deflate(stream, is_last && has_whole_input ? Z_FINISH : Z_NO_FLUSH);
    *consumed = available_in - stream->avail_in;
    *produced = available_out - stream->avail_out;
    if (!has_whole_input) return false;
    return is_last ? result == Z_STREAM_END : stream->avail_in == 0 && stream->avail_out > 0;
}
