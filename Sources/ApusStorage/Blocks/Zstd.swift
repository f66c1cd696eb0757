import CApusZstd

/// Compresses with zstd; for one thread at a time.
@safe
final class ZstdCompressor {
    /// The fastest level: higher ones gain a hundredth of a byte a sample and take several times as long.
    private static let level: Int32 = 1

    private let memory: OpaquePointer

    /// `nil` when there is no memory for it.
    init?() {
        guard let memory = unsafe apus_zstd_compressor_make() else { return nil }
        unsafe self.memory = memory
    }

    deinit { unsafe apus_zstd_compressor_free(memory) }

    /// `input` as a frame of at most `limit` bytes; `nil` when it does not become that small.
    func frame(of input: [UInt8], limit: Int) -> [UInt8]? {
        guard limit > 0 else { return nil }
        var isDone = false
        let frame = unsafe [UInt8](unsafeUninitializedCapacity: limit) { output, count in
            isDone =
                unsafe input.withUnsafeBufferPointer {
                    unsafe apus_zstd_compress(
                        memory, Self.level, $0.baseAddress, $0.count, output.baseAddress, output.count, &count)
                } == APUS_ZSTD_DONE
        }
        return isDone ? frame : nil
    }
}

/// Decompresses frames of zstd.
enum Zstd {
    /// Whether a frame was decompressed to as many bytes as `output` has.
    @unsafe
    static func decompress(_ frame: RawSpan, into output: UnsafeMutableRawBufferPointer) -> Bool {
        var written = 0
        let result = unsafe frame.withUnsafeBytes { frame in
            unsafe apus_zstd_decompress(
                frame.baseAddress?.assumingMemoryBound(to: UInt8.self), frame.count,
                output.baseAddress?.assumingMemoryBound(to: UInt8.self), output.count, &written)
        }
        return result == APUS_ZSTD_DONE && written == output.count
    }
}
