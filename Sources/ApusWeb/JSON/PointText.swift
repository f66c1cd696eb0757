import ApusBytes

/// Samples of a series as JSON: the innermost loop of large answers.
///
/// Points are written by position into a scratch buffer and appended as one block; appending byte by byte to an array
/// costs several times as much.
enum PointText {
    /// More than a point can have: a timestamp, a value, and what is around them.
    private static let maxPointBytes = 2 * NumberText.longestDecimal + 8

    /// Appends `[TIMESTAMP,"VALUE"]` for each sample, with commas between them.
    ///
    /// - Parameters:
    ///   - timestamps: milliseconds since the epoch.
    ///   - values: one per timestamp.
    ///   - isFirst: whether no comma goes before the first.
    static func append(
        _ timestamps: Span<Int64>,
        _ values: Span<Double>,
        isFirst: Bool,
        to bytes: inout [UInt8]
    ) {
        var scratch = [UInt8](repeating: 0, count: timestamps.count * maxPointBytes)
        var end = 0
        var room = scratch.mutableSpan
        for index in timestamps.indices {
            if index > 0 || !isFirst { put(UInt8(ascii: ","), &room, &end) }
            put(UInt8(ascii: "["), &room, &end)
            putTimestamp(timestamps[index], &room, &end)
            put(UInt8(ascii: ","), &room, &end)
            put(UInt8(ascii: "\""), &room, &end)
            NumberText.writeSampleValue(values[index], to: &room, at: &end)
            put(UInt8(ascii: "\""), &room, &end)
            put(UInt8(ascii: "]"), &room, &end)
        }
        bytes.append(contentsOf: scratch[..<end])
    }

    @inline(__always)
    private static func put(_ byte: UInt8, _ room: inout MutableSpan<UInt8>, _ end: inout Int) {
        room[end] = byte
        end &+= 1
    }

    @inline(__always)
    private static func putTimestamp(_ timestamp: Int64, _ room: inout MutableSpan<UInt8>, _ end: inout Int) {
        if timestamp < 0 { put(UInt8(ascii: "-"), &room, &end) }
        let (seconds, milliseconds) = timestamp.magnitude.quotientAndRemainder(dividingBy: 1_000)
        NumberText.writeDecimal(
            milliseconds == 0 ? seconds : timestamp.magnitude, places: milliseconds == 0 ? 0 : 3, to: &room, at: &end)
    }
}
