import CApusZlib

/// Compresses whole bodies.
enum Gzip {
    /// The body as a gzip stream; `nil` when there is no memory for it.
    static func compress(_ body: [UInt8]) -> [UInt8]? {
        // Metrics repeat themselves so much that the fastest level already brings them to a tenth.
        guard let deflater = unsafe apus_deflater_create(1) else { return nil }
        defer { unsafe apus_deflater_destroy(deflater) }
        var output: [UInt8] = []
        var offset = 0
        var isDone = false
        while !isDone {
            var consumed = 0
            output.append(addingCapacity: 64 << 10) { room in
                unsafe room.withUnsafeMutableBufferPointer { buffer, count in
                    var produced = 0
                    unsafe body.withUnsafeBufferPointer { input in
                        let start = unsafe input.baseAddress.map { unsafe $0 + offset }
                        let free = unsafe buffer.baseAddress.map { unsafe $0 + count }
                        isDone = unsafe apus_deflater_step(
                            deflater, true, start, input.count - offset, &consumed, free, buffer.count - count,
                            &produced)
                    }
                    count += produced
                }
            }
            offset += consumed
        }
        return output
    }
}
