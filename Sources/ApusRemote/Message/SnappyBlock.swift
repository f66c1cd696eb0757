import CApusSnappy

/// The snappy block format: compressed bytes behind the length of what they stand for.
package enum SnappyBlock {
    /// Why bytes could not be decompressed.
    package enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// Not a block, or a damaged one.
        case damaged
        /// The block claims to stand for more bytes than are allowed.
        case tooLarge(length: Int, limit: Int)

        package var description: String {
            switch self {
            case .damaged: "snappy: corrupt input"
            case .tooLarge(let length, let limit):
                "snappy: decoded block is too large: \(length) bytes, the limit is \(limit)"
            }
        }
    }

    /// Decompresses a block into `output`, whose content is replaced and whose memory is used again.
    ///
    /// Nothing is allocated for more than `limit` bytes, nor for more than the block can stand for.
    package static func decompress(
        _ block: Span<UInt8>, limit: Int, into output: inout [UInt8]
    ) throws(Failure) {
        output.removeAll(keepingCapacity: true)
        var length = 0
        let isBlock = unsafe block.withUnsafeBufferPointer {
            unsafe apus_snappy_claimed_length($0.baseAddress, $0.count, &length)
        }
        guard isBlock else { throw .damaged }
        guard length <= limit, length >= 0 else { throw .tooLarge(length: length, limit: limit) }
        // Two bytes stand for at most 64, so that a few bytes cannot make the receiver reserve the whole limit.
        guard length / 64 <= block.count else { throw .damaged }
        if length == 0 { return }
        var isWhole = false
        output.append(addingCapacity: length) { room in
            unsafe room.withUnsafeMutableBufferPointer { buffer, initializedCount in
                isWhole = unsafe block.withUnsafeBufferPointer {
                    unsafe apus_snappy_decompress($0.baseAddress, $0.count, buffer.baseAddress, length)
                }
                initializedCount = isWhole ? length : 0
            }
        }
        guard isWhole else { throw .damaged }
    }

    /// Compresses bytes to a block.
    package static func compress(_ input: Span<UInt8>) -> [UInt8] {
        let room = apus_snappy_largest_block(input.count)
        return unsafe [UInt8](unsafeUninitializedCapacity: room) { buffer, initializedCount in
            initializedCount = unsafe input.withUnsafeBufferPointer {
                unsafe apus_snappy_compress($0.baseAddress, $0.count, buffer.baseAddress, room)
            }
        }
    }
}
