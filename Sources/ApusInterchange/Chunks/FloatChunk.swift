import ApusModel

/// Chunks of floats: times as differences of differences, values as the bits that change.
///
/// Source of the form: Prometheus, `tsdb/docs/format/chunks.md`, XOR chunk data.
enum FloatChunk {
    /// Appends the samples of a chunk.
    static func decode(_ data: RawSpan, into columns: inout SampleColumns) throws(ChunkError) {
        var reader = ChunkBitReader(data)
        let count = Int(try reader.readBits(16))
        var time: Int64 = 0
        var delta: Int64 = 0
        var window = XorWindow()
        for index in 0..<count {
            switch index {
            case 0:
                time = try reader.readSignedVarint()
                window = XorWindow(try reader.readDouble())
            case 1:
                delta = Int64(bitPattern: try reader.readVarint())
                time = time &+ delta
                try window.read(from: &reader)
            default:
                delta = delta &+ (try VarbitInteger.readTime(&reader))
                time = time &+ delta
                try window.read(from: &reader)
            }
            columns.append(window.value, at: time)
        }
    }

    /// The data of a chunk of 1 to 65,535 samples whose times ascend.
    static func encode(timestamps: Span<Int64>, values: Span<Double>) -> [UInt8] {
        var writer = ChunkBitWriter()
        writer.append(UInt64(timestamps.count), count: 16)
        var delta: Int64 = 0
        var window = XorWindow()
        for index in 0..<timestamps.count {
            if index == 0 {
                writer.appendSignedVarint(timestamps[0])
                writer.append(values[0])
                window = XorWindow(values[0])
                continue
            }
            let next = timestamps[index] &- timestamps[index - 1]
            if index == 1 {
                writer.appendVarint(UInt64(bitPattern: next))
            } else {
                VarbitInteger.appendTime(next &- delta, to: &writer)
            }
            delta = next
            window.append(values[index], to: &writer)
        }
        return writer.bytes
    }
}
