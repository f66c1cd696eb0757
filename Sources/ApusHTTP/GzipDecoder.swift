import CApusZlib

/// Decompresses gzip bodies, each into one array and never beyond a limit.
///
/// The memory that a body takes is bounded by the limit and not by what the body claims, so that a gzip bomb costs no more
/// than an honest page of that size. The decoder keeps zlib's 40 KiB of state from body to body: have one per thread.
///
/// `@unchecked`: nothing but this one value, which cannot be copied, knows the pointer.
@safe
package struct GzipDecoder: ~Copyable, @unchecked Sendable {
    /// `nil` until the first body, or when there was no memory.
    private var inflater: OpaquePointer?

    /// A decoder that allocates when it is first used.
    package init() {
        unsafe inflater = nil
    }

    deinit {
        unsafe apus_inflater_destroy(inflater)
    }

    /// Decompresses a whole body (one gzip member, or several in a row) of at most `limit` bytes.
    ///
    /// - Throws: `bodyTooLarge`, or `damagedBody` when the input is no gzip, is cut, or its checksum is wrong.
    package mutating func decompress(_ input: Span<UInt8>, limit: Int) throws(HTTPFetchError) -> [UInt8] {
        if unsafe inflater == nil { unsafe inflater = apus_inflater_create() }
        guard let inflater = unsafe inflater else { throw .damagedBody("gzip: no memory") }
        unsafe apus_inflater_reset(inflater)
        // Text compresses to about an eighth; what does not grows by doubling.
        let expected = input.count.multipliedReportingOverflow(by: 8)
        var capacity = min(limit, max(4_096, expected.overflow ? limit : min(expected.partialValue, 1 << 22)))
        var output: [UInt8] = []
        var offset = 0
        while true {
            let before = output.count
            var consumed = 0
            let status = unsafe Self.step(
                inflater, input.extracting(offset..<input.count), &consumed, appendingTo: &output, capacity: capacity)
            offset += consumed
            let produced = output.count - before
            switch status {
            case APUS_INFLATE_FINISHED:
                if offset == input.count { return output }
                unsafe apus_inflater_reset(inflater)
            case APUS_INFLATE_MORE:
                if output.count == capacity {
                    if capacity >= limit {
                        // Full to the brim: one more byte of output would exceed the limit, the trailer would not.
                        guard unsafe Self.endsWithoutOutput(inflater, input, from: &offset) else {
                            throw .bodyTooLarge(limit: limit)
                        }
                        return output
                    }
                    let doubled = capacity.multipliedReportingOverflow(by: 2)
                    capacity = doubled.overflow ? limit : min(limit, doubled.partialValue)
                } else if consumed == 0 && produced == 0 {
                    throw .damagedBody("unexpected EOF: the gzip body ends early")
                }
            default:
                throw .damagedBody("gzip: \(unsafe String(cString: apus_inflater_message(inflater)))")
            }
        }
    }

    /// One call of zlib, that appends to `output` up to `capacity` bytes in all.
    private static func step(
        _ inflater: OpaquePointer, _ input: Span<UInt8>, _ consumed: inout Int, appendingTo output: inout [UInt8],
        capacity: Int
    ) -> apus_inflate_status {
        let start = output.count
        let room = capacity - start
        var produced = 0
        var status = APUS_INFLATE_MORE
        output.reserveCapacity(capacity)
        output.append(addingCapacity: room) { target in
            unsafe target.withUnsafeMutableBufferPointer { buffer, count in
                unsafe input.withUnsafeBufferPointer { source in
                    status = unsafe apus_inflater_step(
                        inflater, source.baseAddress, source.count, &consumed, buffer.baseAddress, room, &produced)
                }
                count = produced
            }
        }
        return status
    }

    /// Whether nothing but the trailer is left.
    private static func endsWithoutOutput(
        _ inflater: OpaquePointer, _ input: Span<UInt8>, from offset: inout Int
    ) -> Bool {
        var spare: [UInt8] = []
        var consumed = 0
        let status = unsafe step(
            inflater, input.extracting(offset..<input.count), &consumed, appendingTo: &spare, capacity: 1)
        offset += consumed
        return status == APUS_INFLATE_FINISHED && spare.isEmpty && offset == input.count
    }
}
