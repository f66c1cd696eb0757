import ApusBytes
import ApusModel

/// Why a request could not be read; nothing of it is stored.
enum UnreadableRequest: Error {
    /// The bytes are not the message.
    case message(ProtobufError)
    /// More samples than one request may bring.
    case tooManySamples(limit: Int)

    var text: String {
        switch self {
        case .message(let error): error.description
        case .tooManySamples(let limit):
            "request has more than \(limit) samples, histograms and exemplars; send less at once"
        }
    }
}

/// Reads the messages of remote write into columns.
///
/// Of a series' labels it finds where they lie and their hash, nothing else. Source: the remote write specifications
/// 1.0 and 2.0 and their `.proto` files.
struct WriteRequestReader {
    private let message: WriteMessage
    private let itemLimit: Int
    private var histogramMessage = HistogramMessage()
    /// Of a 2.0 request: where each symbol lies.
    private var symbols: [Range<Int>] = []
    private var references: [UInt32] = []
    /// Of a 2.0 request: what the series before said of its metric, and the symbol of that.
    private var latestMetadata: (metric: Int, said: SymbolicMetadata)?
    private var isOverLimit = false

    init(_ message: WriteMessage, itemLimit: Int) {
        self.message = message
        self.itemLimit = itemLimit
    }

    /// Reads a whole request.
    mutating func read(_ request: Span<UInt8>, into staged: inout StagedRequest) throws(UnreadableRequest) {
        do throws(ProtobufError) {
            switch message {
            case .version1: try readVersion1(request, into: &staged)
            case .version2: try readVersion2(request, into: &staged)
            }
        } catch {
            throw .message(error)
        }
        if isOverLimit { throw .tooManySamples(limit: itemLimit) }
    }

    // MARK: - Version 1.0

    private mutating func readVersion1(_ request: Span<UInt8>, into staged: inout StagedRequest) throws(ProtobufError) {
        var reader = ProtobufReader(request)
        while !isOverLimit, let tag = try reader.readTag() {
            switch tag.field {
            case 1: try readSeries(request, in: try reader.readRange(tag), into: &staged)
            case 3: stage(try StagedMetadata(request, in: try reader.readRange(tag)), &staged)
            default: try reader.skip(tag)
            }
        }
    }

    private mutating func readSeries(
        _ request: Span<UInt8>, in range: Range<Int>, into staged: inout StagedRequest
    ) throws(ProtobufError) {
        let mark = SeriesMark(staged)
        var reader = ProtobufReader(request, in: range)
        // Nearly always the labels come first and together, so that they are one run of the request.
        Self.skipPlainLabels(request, &reader)
        var key = range.lowerBound..<reader.offset
        var isKeyMade = false
        while true {
            readPlainSamples(request, &reader, into: &staged)
            let start = reader.offset
            guard let tag = try reader.readTag() else { break }
            switch tag.field {
            case 1:
                _ = try reader.readRange(tag)
                if isKeyMade {
                    staged.madeKeys.append(request.extracting(start..<reader.offset))
                } else if key.isEmpty {
                    key = start..<reader.offset
                } else if key.upperBound == start {
                    key = key.lowerBound..<reader.offset
                } else {
                    isKeyMade = true
                    staged.madeKeys.append(request.extracting(key))
                    staged.madeKeys.append(request.extracting(start..<reader.offset))
                }
            case 2: try readSample(request, in: try reader.readRange(tag), into: &staged)
            case 3: try readExemplar(request, in: try reader.readRange(tag), into: &staged)
            case 4: try readHistogram(request, in: try reader.readRange(tag), into: &staged)
            default: try reader.skip(tag)
            }
        }
        if isKeyMade { key = mark.madeKey..<staged.madeKeys.count }
        finish(mark, key: key, isKeyMade: isKeyMade, in: request, &staged)
    }

    // MARK: - Version 2.0

    private mutating func readVersion2(_ request: Span<UInt8>, into staged: inout StagedRequest) throws(ProtobufError) {
        symbols.removeAll(keepingCapacity: true)
        latestMetadata = nil
        var reader = ProtobufReader(request)
        while let tag = try reader.readTag() {
            if tag.field == 4 { symbols.append(try reader.readRange(tag)) } else { try reader.skip(tag) }
        }
        reader = ProtobufReader(request)
        while !isOverLimit, let tag = try reader.readTag() {
            if tag.field == 5 {
                try readSymbolicSeries(request, in: try reader.readRange(tag), into: &staged)
            } else {
                try reader.skip(tag)
            }
        }
    }

    private mutating func readSymbolicSeries(
        _ request: Span<UInt8>, in range: Range<Int>, into staged: inout StagedRequest
    ) throws(ProtobufError) {
        let mark = SeriesMark(staged)
        var seriesReferences: [UInt32] = []
        swap(&seriesReferences, &references)
        seriesReferences.removeAll(keepingCapacity: true)
        defer { swap(&seriesReferences, &references) }
        var metadata = SymbolicMetadata()
        var reader = ProtobufReader(request, in: range)
        while true {
            readPlainSamples(request, &reader, into: &staged)
            guard let tag = try reader.readTag() else { break }
            switch tag.field {
            case 1: try reader.readUnsigneds(tag, into: &seriesReferences)
            case 2: try readSample(request, in: try reader.readRange(tag), into: &staged)
            case 3: try readHistogram(request, in: try reader.readRange(tag), into: &staged)
            case 4: try readExemplar(request, in: try reader.readRange(tag), into: &staged)
            case 5: metadata = try SymbolicMetadata(request, in: try reader.readRange(tag))
            default: try reader.skip(tag)
            }
        }
        if !metadata.isEmpty { stage(metadata, of: seriesReferences, in: request, &staged) }
        let problem = appendFields(of: seriesReferences, in: request, to: &staged.madeKeys)
        let number = staged.series.count
        finish(mark, key: mark.madeKey..<staged.madeKeys.count, isKeyMade: true, in: request, &staged)
        // Without anything to store it is no series.
        if let problem, staged.series.count > number {
            let shown = seriesReferences.prefix(Self.shownReferences).map(String.init).joined(separator: ", ")
            let rest = seriesReferences.count > Self.shownReferences ? ", …" : ""
            staged.badLabels.append((number, "parsing labels for series [\(shown)\(rest)]: \(problem)"))
        }
    }

    /// Stages what a series says of its metric, unless the one before it said the same.
    private mutating func stage(
        _ said: SymbolicMetadata, of references: [UInt32], in request: Span<UInt8>, _ staged: inout StagedRequest
    ) {
        guard let metric = metricName(in: references, request) else { return }
        if let latestMetadata, latestMetadata == (metric, said) { return }
        latestMetadata = (metric, said)
        guard said.help < UInt64(symbols.count), said.unit < UInt64(symbols.count) else {
            staged.badMetadataCount += 1
            return
        }
        let type = StagedMetadata.type(said.type)
        let name = symbols[metric]
        let length = MetricFamilyName.length(in: request.extracting(name), type: type)
        stage(
            StagedMetadata(
                type: type, family: name.lowerBound..<(name.lowerBound + length), help: symbols[Int(said.help)],
                unit: symbols[Int(said.unit)]),
            &staged)
    }

    /// The symbol that is the metric's name; `nil` where labels have none.
    private func metricName(in references: [UInt32], _ request: Span<UInt8>) -> Int? {
        for position in stride(from: 0, to: references.count - 1, by: 2) {
            let (name, value) = (Int(references[position]), Int(references[position + 1]))
            guard name < symbols.count, value < symbols.count else { return nil }
            if LabelFields.isMetricName(request.extracting(symbols[name])) { return value }
        }
        return nil
    }

    /// So many references are in a message at most.
    private static let shownReferences = 64

    /// Appends labels given as references to symbols in the form of version 1.0; gives what is wrong with them.
    private func appendFields(
        of references: [UInt32], in request: Span<UInt8>, to fields: inout ByteWriter
    ) -> String? {
        guard references.count % 2 == 0 else { return "invalid labelRefs length \(references.count)" }
        for position in stride(from: 0, to: references.count, by: 2) {
            let (first, second) = (Int(references[position]), Int(references[position + 1]))
            guard first < symbols.count, second < symbols.count else {
                return "labelRefs \(first) (name) = \(second) (value) outside of symbols table (size \(symbols.count))"
            }
            let (name, value) = (symbols[first], symbols[second])
            let size =
                2 + ByteWriter.varintSize(UInt64(name.count)) + name.count
                + ByteWriter.varintSize(UInt64(value.count)) + value.count
            fields.append(0x0A as UInt8)
            fields.appendVarint(UInt64(size))
            fields.append(0x0A as UInt8)
            fields.appendLengthPrefixed(request.extracting(name))
            fields.append(0x12 as UInt8)
            fields.appendLengthPrefixed(request.extracting(value))
        }
        return nil
    }

    // MARK: - Both

    private mutating func stage(_ metadata: StagedMetadata, _ staged: inout StagedRequest) {
        guard staged.metadata.count < itemLimit else {
            isOverLimit = true
            return
        }
        staged.metadata.append(metadata)
    }

    private struct SeriesMark {
        let sample: Int
        let item: Int
        let madeKey: Int

        init(_ staged: borrowing StagedRequest) {
            sample = staged.count
            item = staged.itemCount
            madeKey = staged.madeKeys.count
        }
    }

    private mutating func finish(
        _ mark: SeriesMark, key: Range<Int>, isKeyMade: Bool, in request: Span<UInt8>, _ staged: inout StagedRequest
    ) {
        guard staged.itemCount > mark.item else {
            // Nothing to store, so nothing to look up.
            staged.madeKeys.bytes.removeLast(staged.madeKeys.count - mark.madeKey)
            return
        }
        if staged.itemCount > itemLimit { isOverLimit = true }
        let fingerprint =
            isKeyMade
            ? SeriesFingerprint(staged.madeKeys.bytes.span.extracting(key))
            : SeriesFingerprint(request.extracting(key))
        staged.series.append(
            StagedRequest.Series(
                key: key, isKeyMade: isKeyMade, fingerprint: fingerprint, samples: mark.sample..<staged.count))
    }

    /// Passes over the labels that come next, each of fewer than 128 bytes.
    @_lifetime(reader: copy reader)
    @inline(__always)
    private static func skipPlainLabels(_ request: Span<UInt8>, _ reader: inout ProtobufReader) {
        var offset = reader.offset
        // The end of the message lies within the request.
        while reader.end &- offset >= 2, unsafe request[unchecked: offset] == 0x0A {
            let length = Int(unsafe request[unchecked: offset &+ 1])
            guard length < 0x80, reader.end &- offset >= 2 &+ length else { break }
            offset &+= 2 &+ length
        }
        reader.offset = offset
    }

    /// Reads the samples that come next as nearly all senders write them: the value, then a time of at most eight bytes.
    @_lifetime(reader: copy reader)
    @inline(__always)
    private mutating func readPlainSamples(
        _ request: Span<UInt8>, _ reader: inout ProtobufReader, into staged: inout StagedRequest
    ) {
        let bytes = unsafe request.bytes
        var offset = reader.offset
        // The tags and the length of the sample, the value, the tag of the time, and eight bytes that have the time.
        while bytes.byteCount &- offset >= 20, reader.end &- offset >= 13 {
            let head = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self).littleEndian
            let length = Int(head >> 8 & 0xFF)
            let time = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset &+ 12, as: UInt64.self)
            guard head & 0xFF_00FF == 0x09_0012, unsafe request[unchecked: offset &+ 11] == 0x10,
                let timestamp = VarintWord.read(time.littleEndian), timestamp.length &+ 10 == length,
                reader.end &- offset >= 2 &+ length
            else { break }
            let value = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset &+ 3, as: UInt64.self)
            append(
                Double(bitPattern: value.littleEndian), Int64(bitPattern: timestamp.value), to: &staged)
            offset &+= 2 &+ length
        }
        reader.offset = offset
    }

    private mutating func readSample(
        _ request: Span<UInt8>, in range: Range<Int>, into staged: inout StagedRequest
    ) throws(ProtobufError) {
        var value = 0.0
        var timestamp: Int64 = 0
        var reader = ProtobufReader(request, in: range)
        while let tag = try reader.readTag() {
            switch tag.field {
            case 1: value = try reader.readDouble(tag)
            case 2: timestamp = try reader.readSigned(tag)
            default: try reader.skip(tag)
            }
        }
        append(value, timestamp, to: &staged)
    }

    private mutating func readHistogram(
        _ request: Span<UInt8>, in range: Range<Int>, into staged: inout StagedRequest
    ) throws(ProtobufError) {
        if let problem = try histogramMessage.read(request, in: range) {
            staged.badHistograms.append((staged.series.count, problem))
        } else if let histogram = histogramMessage.histogram {
            staged.histograms.append(.init(position: staged.count, histogram: histogram))
            append(.nan, histogramMessage.timestamp, to: &staged)
        } else {
            append(SpecialValue.staleMarker, histogramMessage.timestamp, to: &staged)
        }
    }

    private mutating func append(_ value: Double, _ timestamp: Int64, to staged: inout StagedRequest) {
        // One series alone can bring more than a request may.
        guard staged.timestamps.count < itemLimit else {
            isOverLimit = true
            return
        }
        staged.timestamps.append(timestamp)
        staged.values.append(value)
    }

    private mutating func readExemplar(
        _ request: Span<UInt8>, in range: Range<Int>, into staged: inout StagedRequest
    ) throws(ProtobufError) {
        var fields = ByteWriter()
        var exemplar = Exemplar(labels: .empty, value: 0, timestamp: 0)
        references.removeAll(keepingCapacity: true)
        var reader = ProtobufReader(request, in: range)
        while true {
            let start = reader.offset
            guard let tag = try reader.readTag() else { break }
            switch (tag.field, message) {
            case (1, .version1):
                _ = try reader.readRange(tag)
                fields.append(request.extracting(start..<reader.offset))
            case (1, .version2): try reader.readUnsigneds(tag, into: &references)
            case (2, _): exemplar.value = try reader.readDouble(tag)
            case (3, _): exemplar.timestamp = try reader.readSigned(tag)
            default: try reader.skip(tag)
            }
        }
        let hasSymbols = appendFields(of: references, in: request, to: &fields) == nil
        guard hasSymbols, staged.exemplars.count < itemLimit,
            let labels = try? LabelFields.labelSet(fields.bytes.span, needsMetricName: false)
        else {
            staged.badExemplarCount += 1
            return
        }
        exemplar.labels = labels
        staged.exemplars.append((staged.series.count, exemplar))
    }
}
