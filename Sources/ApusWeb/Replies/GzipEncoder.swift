import CApusZlib

/// Compresses one body as a gzip stream, piece by piece.
@safe struct GzipEncoder: ~Copyable {
    /// The level for bodies that are made anew for each request: most of the gain at little cost.
    static let liveLevel: Int32 = 1
    /// The level for bodies that are compressed once and sent often.
    static let storedLevel: Int32 = 9

    private static let outputStep = 16_384
    private let deflater: OpaquePointer

    /// An encoder at the given level; `nil` when there is no memory.
    init?(level: Int32) {
        guard let deflater = unsafe apus_deflater_create(level) else { return nil }
        unsafe self.deflater = deflater
    }

    deinit {
        unsafe apus_deflater_destroy(deflater)
    }

    /// Compresses the next piece and appends what comes out; the last piece ends the stream.
    mutating func append(_ piece: Span<UInt8>, isLast: Bool, to output: inout [UInt8]) {
        var offset = 0
        var isDone = false
        while !isDone {
            let rest = piece.extracting(offset..<piece.count)
            let start = output.count
            output.append(contentsOf: repeatElement(0, count: Self.outputStep))
            var consumed = 0
            var produced = 0
            isDone = unsafe rest.withUnsafeBufferPointer { input in
                unsafe output.withUnsafeMutableBufferPointer { room in
                    unsafe apus_deflater_step(
                        deflater, isLast, input.baseAddress, input.count, &consumed,
                        room.baseAddress.map { unsafe $0 + start }, room.count - start, &produced)
                }
            }
            offset += consumed
            output.removeLast(Self.outputStep - produced)
            // Without progress there would be no end; it does not happen with room for output.
            if consumed == 0, produced == 0 { isDone = true }
        }
    }

    /// The whole of `body` compressed; `nil` when there is no memory.
    static func compressed(_ body: [UInt8], level: Int32) -> [UInt8]? {
        guard var encoder = GzipEncoder(level: level) else { return nil }
        var output: [UInt8] = []
        output.reserveCapacity(body.count / 3 + 64)
        encoder.append(body.span, isLast: true, to: &output)
        return output
    }
}
