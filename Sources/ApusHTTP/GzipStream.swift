import CApusZlib

/// Decompresses a gzip body (one member, or several in a row) piece by piece.
package struct GzipStream: ~Copyable, Sendable {
    /// Why a body cannot be decompressed.
    package enum Failure: Error {
        /// Not gzip, or damaged: what zlib says of it.
        case damaged(String)
        /// The body ends within a member.
        case endsEarly
    }

    private static let outputStep = 1 << 20
    /// `nil` until the first piece, or when there was no memory.
    private var inflater: Inflater?
    private var hasBegun = false
    /// Whether a member has ended, so that the body may end here.
    private var isBetweenMembers = false

    /// A stream at the beginning of a body, which allocates with the first piece.
    package init() {}

    /// Decompresses the next piece of the body and hands out what comes of it, in steps of a bounded size.
    package mutating func decompress<Problem: Error>(
        _ input: [UInt8], _ body: ([UInt8]) throws(Problem) -> Void
    ) throws(Problem) -> Failure? {
        if !hasBegun { inflater = Inflater() }
        hasBegun = true
        var offset = 0
        var output: [UInt8] = []
        while offset < input.count {
            if isBetweenMembers {
                inflater?.reset()
                isBetweenMembers = false
            }
            var consumed = 0
            output.removeAll(keepingCapacity: true)
            let status = inflater?.step(
                input.span.extracting(offset..<input.count), &consumed, appendingTo: &output,
                capacity: Self.outputStep)
            guard let status else { return .damaged("gzip: no memory") }
            offset += consumed
            if !output.isEmpty { try body(output) }
            switch status {
            case APUS_INFLATE_FINISHED: isBetweenMembers = true
            case APUS_INFLATE_MORE:
                // It takes all input as long as there is room.
                if consumed == 0, output.isEmpty { return .damaged("gzip: no progress") }
            default: return .damaged(inflater?.message ?? "gzip: no memory")
            }
        }
        return nil
    }

    /// What is wrong when the body ends here.
    package var failureAtEnd: Failure? { isBetweenMembers ? nil : .endsEarly }
}
