import CApusZlib

/// Decompresses gzip bodies, each into one array and never beyond a limit.
///
/// The memory that a body takes is bounded by the limit and not by what the body claims, so that a gzip bomb costs no more
/// than an honest page of that size. The decoder keeps zlib's 40 KiB of state from body to body: have one per thread.
package struct GzipDecoder: ~Copyable, Sendable {
    /// `nil` until the first body, or when there was no memory.
    private var inflater: Inflater?

    /// A decoder that allocates when it is first used.
    package init() {}

    /// Decompresses a whole body (one gzip member, or several in a row) of at most `limit` bytes.
    ///
    /// - Throws: `bodyTooLarge`, or `damagedBody` when the input is no gzip, is cut, or its checksum is wrong.
    package mutating func decompress(_ input: Span<UInt8>, limit: Int) throws(HTTPFetchError) -> [UInt8] {
        if inflater?.reset() == nil { inflater = Inflater() }
        // Text compresses to about an eighth; what does not grows by doubling.
        let expected = input.count.multipliedReportingOverflow(by: 8)
        var capacity = min(limit, max(4_096, expected.overflow ? limit : min(expected.partialValue, 1 << 22)))
        var output: [UInt8] = []
        var offset = 0
        while true {
            let before = output.count
            var consumed = 0
            let status = inflater?.step(
                input.extracting(offset..<input.count), &consumed, appendingTo: &output, capacity: capacity)
            guard let status else { throw .damagedBody("gzip: no memory") }
            offset += consumed
            let produced = output.count - before
            switch status {
            case APUS_INFLATE_FINISHED:
                if offset == input.count { return output }
                inflater?.reset()
            case APUS_INFLATE_MORE:
                if output.count == capacity {
                    if capacity >= limit {
                        // Full to the brim: one more byte of output would exceed the limit, the trailer would not.
                        guard endsWithoutOutput(input, from: &offset) else {
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
                throw .damagedBody(inflater?.message ?? "gzip: no memory")
            }
        }
    }

    /// Whether nothing but the trailer is left.
    private mutating func endsWithoutOutput(_ input: Span<UInt8>, from offset: inout Int) -> Bool {
        var spare: [UInt8] = []
        var consumed = 0
        let status = inflater?.step(
            input.extracting(offset..<input.count), &consumed, appendingTo: &spare, capacity: 1)
        offset += consumed
        return status == APUS_INFLATE_FINISHED && spare.isEmpty && offset == input.count
    }
}
