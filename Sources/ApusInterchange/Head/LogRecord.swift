import ApusBytes
import ApusEncoding
import ApusModel

/// What the records of Prometheus' write-ahead log say.
///
/// Source of the form: Prometheus, `tsdb/docs/format/wal.md` and `tsdb/record`.
enum LogRecord {
    /// The kinds, by the first byte.
    enum Kind: UInt8 {
        case series = 1
        case samples = 2
        case tombstones = 3
        case exemplars = 4
        case mappedChunks = 5
        case metadata = 6
        case histograms = 7
        case floatHistograms = 8
        case customHistograms = 9
        case customFloatHistograms = 10
        /// From when on the samples of a checkpoint count; it has none that do not.
        case minimumTime = 14
    }

    /// Why a record cannot be understood.
    enum Failure: Error, CustomStringConvertible {
        case bytes(ByteError)
        case content(String)

        var description: String {
            switch self {
            case .bytes(let error): "a record: \(error)"
            case .content(let text): "a record: \(text)"
            }
        }
    }

    /// A sample of a series.
    struct Sample<Value> {
        var series: UInt64
        var time: Int64
        var value: Value
    }

    /// The kind of a record; `nil` when it is not known.
    static func kind(of record: borrowing [UInt8]) -> Kind? {
        record.count > 0 ? Kind(rawValue: record[0]) : nil
    }

    /// The references and labels of series.
    static func series(_ record: [UInt8]) throws(Failure) -> [(reference: UInt64, labels: LabelSet)] {
        var result: [(reference: UInt64, labels: LabelSet)] = []
        try read(record) { reader throws(ByteError) in
            while !reader.isAtEnd {
                result.append((try reader.readBigEndian(), try labels(&reader)))
            }
        }
        return result
    }

    @_lifetime(reader: copy reader)
    private static func labels(_ reader: inout ByteReader) throws(ByteError) -> LabelSet {
        let start = reader.offset
        var labels: [(name: [UInt8], value: [UInt8])] = []
        for _ in 0..<(try reader.readCount(limit: reader.remaining / 2)) {
            labels.append((try text(&reader), try text(&reader)))
        }
        // Writers sort them; an empty value says that there is no such label.
        labels.removeAll { $0.value.isEmpty }
        labels.sort { $0.name.lexicographicallyPrecedes($1.name) }
        var run = ByteWriter(capacity: 256)
        for label in labels {
            run.appendLengthPrefixed(label.name.span)
            run.appendLengthPrefixed(label.value.span)
        }
        guard let labels = LabelSet(validating: run.bytes) else {
            throw .lengthOutOfRange(offset: start, length: UInt64(labels.count))
        }
        return labels
    }

    @_lifetime(reader: copy reader)
    private static func text(_ reader: inout ByteReader) throws(ByteError) -> [UInt8] {
        let bytes = try reader.readLengthPrefixed()
        return unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    }

    /// The floats of a record.
    static func samples(_ record: [UInt8]) throws(Failure) -> [Sample<Double>] {
        var result: [Sample<Double>] = []
        try read(record) { reader throws(ByteError) in
            try forEachSample(&reader) { reader, series, time throws(ByteError) in
                result.append(
                    Sample(series: series, time: time, value: Double(bitPattern: try reader.readBigEndian())))
            }
        }
        return result
    }

    /// The histograms of a record; a staleness marker is a histogram whose sum is one.
    static func histograms(_ record: [UInt8], hasFloats: Bool) throws(Failure) -> [Sample<NativeHistogram>] {
        var result: [Sample<NativeHistogram>] = []
        try read(record) { reader throws(ByteError) in
            try forEachSample(&reader) { reader, series, time throws(ByteError) in
                result.append(
                    Sample(series: series, time: time, value: try histogram(&reader, hasFloats: hasFloats)))
            }
        }
        for index in result.indices where !SpecialValue.isStaleMarker(result[index].value.sum) {
            do throws(ChunkError) { try result[index].value.finishReading(sample: index) } catch {
                throw .content(error.description)
            }
        }
        return result
    }

    /// The exemplars of a record.
    static func exemplars(_ record: [UInt8]) throws(Failure) -> [Sample<Exemplar>] {
        var result: [Sample<Exemplar>] = []
        try read(record) { reader throws(ByteError) in
            try forEachSample(&reader) { reader, series, time throws(ByteError) in
                let value = Double(bitPattern: try reader.readBigEndian())
                result.append(
                    Sample(
                        series: series, time: time,
                        value: Exemplar(labels: try labels(&reader), value: value, timestamp: time)))
            }
        }
        return result
    }

    /// What is said of the metrics of series: type, help and unit.
    static func metadata(_ record: [UInt8]) throws(Failure) -> [(series: UInt64, metadata: MetricMetadata)] {
        var result: [(series: UInt64, metadata: MetricMetadata)] = []
        try read(record) { reader throws(ByteError) in
            while !reader.isAtEnd {
                let series = try reader.readVarint()
                var metadata = MetricMetadata(type: metricType(try reader.readByte()))
                // Fields have names, so that there may be more of them one day.
                for _ in 0..<(try reader.readCount(limit: reader.remaining / 2)) {
                    let name = try text(&reader)
                    let value = String(decoding: try text(&reader), as: UTF8.self)
                    if name == helpField { metadata.help = value }
                    if name == unitField { metadata.unit = value }
                }
                result.append((series, metadata))
            }
        }
        return result
    }

    private static let helpField = Array("HELP".utf8)
    private static let unitField = Array("UNIT".utf8)

    private static func metricType(_ number: UInt8) -> MetricType {
        switch number {
        case 1: .counter
        case 2: .gauge
        case 3: .histogram
        case 4: .gaugeHistogram
        case 5: .summary
        case 6: .info
        case 7: .stateSet
        default: .unknown
        }
    }

    /// The intervals that were deleted.
    static func tombstones(_ record: [UInt8]) throws(Failure) -> [(series: UInt64, start: Int64, end: Int64)] {
        var result: [(series: UInt64, start: Int64, end: Int64)] = []
        try read(record) { reader throws(ByteError) in
            while !reader.isAtEnd {
                result.append(
                    (try reader.readBigEndian(), try reader.readSignedVarint(), try reader.readSignedVarint()))
            }
        }
        return result
    }

    // MARK: Parts

    private static func read(
        _ record: [UInt8], _ body: (inout ByteReader) throws(ByteError) -> Void
    ) throws(Failure) {
        var reader = ByteReader(record.span)
        do throws(ByteError) {
            try reader.skip(1)
            try body(&reader)
        } catch {
            throw .bytes(error)
        }
    }

    /// Calls `body` at the value of every sample: series and times are differences to those at the beginning.
    @_lifetime(reader: copy reader)
    private static func forEachSample(
        _ reader: inout ByteReader, _ body: (inout ByteReader, UInt64, Int64) throws(ByteError) -> Void
    ) throws(ByteError) {
        guard !reader.isAtEnd else { return }
        let series = try reader.readBigEndian(UInt64.self)
        let time = try reader.readBigEndian(Int64.self)
        while !reader.isAtEnd {
            let difference = UInt64(bitPattern: try reader.readSignedVarint())
            let later = try reader.readSignedVarint()
            try body(&reader, series &+ difference, time &+ later)
        }
    }

    @_lifetime(reader: copy reader)
    private static func histogram(_ reader: inout ByteReader, hasFloats: Bool) throws(ByteError) -> NativeHistogram {
        var histogram = NativeHistogram()
        histogram.counterResetHint = NativeHistogram.CounterResetHint(rawValue: try reader.readByte()) ?? .unknown
        histogram.schema = try narrow(try reader.readSignedVarint(), &reader)
        histogram.zeroThreshold = Double(bitPattern: try reader.readBigEndian())
        histogram.zeroCount = try population(&reader, hasFloats: hasFloats)
        histogram.count = try population(&reader, hasFloats: hasFloats)
        histogram.sum = Double(bitPattern: try reader.readBigEndian())
        histogram.positiveSpans = try spans(&reader)
        histogram.negativeSpans = try spans(&reader)
        histogram.positiveBuckets = try buckets(&reader, hasFloats: hasFloats)
        histogram.negativeBuckets = try buckets(&reader, hasFloats: hasFloats)
        if histogram.schema == NativeHistogram.customBoundsSchema {
            for _ in 0..<(try count(&reader, size: 8)) {
                histogram.customBounds.append(Double(bitPattern: try reader.readBigEndian()))
            }
        }
        return histogram
    }

    @_lifetime(reader: copy reader)
    private static func population(_ reader: inout ByteReader, hasFloats: Bool) throws(ByteError) -> Double {
        hasFloats ? Double(bitPattern: try reader.readBigEndian()) : Double(try reader.readVarint())
    }

    @_lifetime(reader: copy reader)
    private static func spans(_ reader: inout ByteReader) throws(ByteError) -> [NativeHistogram.Span] {
        var result: [NativeHistogram.Span] = []
        for _ in 0..<(try count(&reader, size: 2)) {
            let offset: Int32 = try narrow(try reader.readSignedVarint(), &reader)
            let length = try reader.readVarint()
            guard let length = UInt32(exactly: length) else {
                throw .lengthOutOfRange(offset: reader.offset, length: length)
            }
            result.append(NativeHistogram.Span(offset: offset, length: length))
        }
        return result
    }

    @_lifetime(reader: copy reader)
    private static func buckets(_ reader: inout ByteReader, hasFloats: Bool) throws(ByteError) -> [Double] {
        var result: [Double] = []
        var population: Int64 = 0
        for _ in 0..<(try count(&reader, size: hasFloats ? 8 : 1)) {
            if hasFloats {
                result.append(Double(bitPattern: try reader.readBigEndian()))
            } else {
                // Each is the difference to the bucket before; one below zero is refused by the check that follows.
                population &+= try reader.readSignedVarint()
                result.append(Double(population))
            }
        }
        return result
    }

    /// A number of things of at least `size` bytes each, as many as Apus can store.
    @_lifetime(reader: copy reader)
    private static func count(_ reader: inout ByteReader, size: Int) throws(ByteError) -> Int {
        try reader.readCount(limit: min(ColumnLimits.maximumBuckets, reader.remaining / size))
    }

    @_lifetime(reader: copy reader)
    private static func narrow(_ value: Int64, _ reader: inout ByteReader) throws(ByteError) -> Int32 {
        guard let result = Int32(exactly: value) else {
            throw .lengthOutOfRange(offset: reader.offset, length: value.magnitude)
        }
        return result
    }
}
