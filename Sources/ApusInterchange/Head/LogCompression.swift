import CApusSnappy
import CApusZstd

/// The compression of records of Prometheus' write-ahead log.
enum LogCompression: UInt8 {
    case none = 0
    case snappy = 1
    case zstd = 2

    /// A block of snappy grows to at most so many times its length.
    private static let largestSnappyRatio = 24
    /// What is first tried for a frame that does not say how long it is.
    private static let usualZstdRatio = 8

    /// The record that `bytes` stand for; `nil` when they are damaged, or would become larger than `limit`.
    func decompress(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        switch self {
        case .none: bytes
        case .snappy: Self.decompressSnappy(bytes, limit: limit)
        case .zstd: Self.decompressZstd(bytes, limit: limit)
        }
    }

    private static func decompressSnappy(_ block: [UInt8], limit: Int) -> [UInt8]? {
        var length = 0
        let isBlock = unsafe block.withUnsafeBufferPointer {
            unsafe apus_snappy_claimed_length($0.baseAddress, $0.count, &length)
        }
        guard isBlock, length <= limit, length <= (block.count + 8) * largestSnappyRatio else { return nil }
        return unsafe fill(length) { output in
            let isWhole = unsafe block.withUnsafeBufferPointer {
                unsafe apus_snappy_decompress($0.baseAddress, $0.count, output.baseAddress, length)
            }
            return isWhole ? length : nil
        }
    }

    private static func decompressZstd(_ frames: [UInt8], limit: Int) -> [UInt8]? {
        var claimed: UInt64 = 0
        let isClaimed = unsafe frames.withUnsafeBufferPointer {
            unsafe apus_zstd_claimed_length($0.baseAddress, $0.count, &claimed)
        }
        // A claim is a hint: what is allocated grows from what the input makes likely.
        var room = isClaimed ? Int(clamping: claimed) : frames.count * usualZstdRatio
        guard room <= limit else { return nil }
        room = max(1_024, min(room, frames.count * usualZstdRatio))
        while true {
            var isTooSmall = false
            let record = unsafe fill(room) { output in
                var written = 0
                let result = unsafe frames.withUnsafeBufferPointer {
                    unsafe apus_zstd_decompress($0.baseAddress, $0.count, output.baseAddress, output.count, &written)
                }
                isTooSmall = result == APUS_ZSTD_TOO_SMALL
                return result == APUS_ZSTD_DONE ? written : nil
            }
            guard isTooSmall, room < limit else { return record }
            room = min(limit, room * 2)
        }
    }

    /// An array of what `body` writes; `nil` when it gives no length.
    private static func fill(
        _ room: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) -> Int?
    ) -> [UInt8]? {
        var isWhole = false
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: max(1, room)) { output, count in
            guard let written = unsafe body(output) else { return }
            isWhole = true
            count = written
        }
        return isWhole ? bytes : nil
    }
}
