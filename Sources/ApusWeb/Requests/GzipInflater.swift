import CApusZlib

/// Decompresses a gzip body piece by piece.
///
/// `@unchecked`: nothing but this one value, which cannot be copied, knows the pointer.
@safe
struct GzipInflater: ~Copyable, @unchecked Sendable {
    /// Why a body cannot be decompressed.
    enum Failure: Error {
        case damaged(String)
        case endsEarly
    }

    private static let outputStep = 1 << 20
    private let inflater: OpaquePointer
    /// Whether a member has ended, so that the body may end here.
    private var isBetweenMembers = false

    /// An inflater at the beginning of a body; `nil` when there is no memory.
    init?() {
        guard let inflater = unsafe apus_inflater_create() else { return nil }
        unsafe self.inflater = inflater
    }

    deinit {
        unsafe apus_inflater_destroy(inflater)
    }

    /// Decompresses the next piece of the body and hands out what comes of it, in steps of a bounded size.
    mutating func decompress<Problem: Error>(
        _ input: [UInt8], _ body: ([UInt8]) throws(Problem) -> Void
    ) throws(Problem) -> Failure? {
        var offset = 0
        while offset < input.count {
            if isBetweenMembers {
                unsafe apus_inflater_reset(inflater)
                isBetweenMembers = false
            }
            var consumed = 0
            var status = APUS_INFLATE_MORE
            let output = unsafe [UInt8](unsafeUninitializedCapacity: Self.outputStep) { room, produced in
                unsafe input.span.extracting(offset..<input.count).withUnsafeBufferPointer { source in
                    status = unsafe apus_inflater_step(
                        inflater, source.baseAddress, source.count, &consumed, room.baseAddress, room.count, &produced)
                }
            }
            offset += consumed
            if !output.isEmpty { try body(output) }
            switch status {
            case APUS_INFLATE_FINISHED: isBetweenMembers = true
            case APUS_INFLATE_MORE:
                // It takes all input as long as there is room.
                if consumed == 0, output.isEmpty { return .damaged("gzip: no progress") }
            default: return .damaged("gzip: \(unsafe String(cString: apus_inflater_message(inflater)))")
            }
        }
        return nil
    }

    /// What is wrong when the body ends here.
    var failureAtEnd: Failure? { isBetweenMembers ? nil : .endsEarly }
}
