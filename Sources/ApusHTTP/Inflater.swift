import CApusZlib

/// The state of zlib while it decompresses gzip members, one after the other.
///
/// `@unchecked`: nothing but this one value, which cannot be copied, knows the pointer.
@safe
struct Inflater: ~Copyable, @unchecked Sendable {
    private let state: OpaquePointer

    /// An inflater at the beginning of a member; `nil` when there is no memory.
    init?() {
        guard let state = unsafe apus_inflater_create() else { return nil }
        unsafe self.state = state
    }

    deinit { unsafe apus_inflater_destroy(state) }

    /// Makes it ready for another member.
    mutating func reset() { unsafe apus_inflater_reset(state) }

    /// What went wrong last.
    var message: String { "gzip: \(unsafe String(cString: apus_inflater_message(state)))" }

    /// Decompresses as much of `input` as there is room for behind `output`, whose memory is kept.
    ///
    /// - Parameters:
    ///   - consumed: the bytes of `input` that were taken.
    ///   - capacity: the most bytes of `output` afterwards.
    mutating func step(
        _ input: Span<UInt8>, _ consumed: inout Int, appendingTo output: inout [UInt8], capacity: Int
    ) -> apus_inflate_status {
        let room = capacity - output.count
        var produced = 0
        var taken = 0
        var status = APUS_INFLATE_MORE
        output.reserveCapacity(capacity)
        output.append(addingCapacity: room) { target in
            unsafe target.withUnsafeMutableBufferPointer { buffer, count in
                unsafe input.withUnsafeBufferPointer { source in
                    status = unsafe apus_inflater_step(
                        state, source.baseAddress, source.count, &taken, buffer.baseAddress, room, &produced)
                }
                count = produced
            }
        }
        consumed = taken
        return status
    }
}
