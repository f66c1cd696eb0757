/// Samples of a series as JSON: the innermost loop of large answers.
enum PointText {
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
        for index in timestamps.indices {
            if index > 0 || !isFirst { bytes.append(UInt8(ascii: ",")) }
            bytes.append(UInt8(ascii: "["))
            JSONText.append(timestamp: timestamps[index], to: &bytes)
            bytes.append(UInt8(ascii: ","))
            JSONText.append(sampleValue: values[index], to: &bytes)
            bytes.append(UInt8(ascii: "]"))
        }
    }
}
