#include "apus_zstd.h"

#include <zstd.h>
#include <zstd_errors.h>

apus_zstd_result apus_zstd_decompress(
    const uint8_t *frames, size_t frames_length, uint8_t *output, size_t room, size_t *written) {
    size_t result = ZSTD_decompress(output, room, frames, frames_length);
    if (!ZSTD_isError(result)) {
        *written = result;
        return APUS_ZSTD_DONE;
    }
    return ZSTD_getErrorCode(result) == ZSTD_error_dstSize_tooSmall ? APUS_ZSTD_TOO_SMALL : APUS_ZSTD_DAMAGED;
}

bool apus_zstd_claimed_length(const uint8_t *frames, size_t frames_length, uint64_t *length) {
    unsigned long long claimed = ZSTD_getFrameContentSize(frames, frames_length);
    if (claimed == ZSTD_CONTENTSIZE_UNKNOWN || claimed == ZSTD_CONTENTSIZE_ERROR) return false;
    *length = claimed;
    return true;
}

apus_zstd_compressor *apus_zstd_compressor_make(void) {
    return (apus_zstd_compressor *)ZSTD_createCCtx();
}

void apus_zstd_compressor_free(apus_zstd_compressor *compressor) {
    ZSTD_freeCCtx((ZSTD_CCtx *)compressor);
}

apus_zstd_result apus_zstd_compress(
    apus_zstd_compressor *compressor, int level, const uint8_t *input, size_t input_length, uint8_t *output,
    size_t room, size_t *written) {
    size_t result = ZSTD_compressCCtx((ZSTD_CCtx *)compressor, output, room, input, input_length, level);
    if (ZSTD_isError(result)) return APUS_ZSTD_TOO_SMALL;
    *written = result;
    return APUS_ZSTD_DONE;
}
