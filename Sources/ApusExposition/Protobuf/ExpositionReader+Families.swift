import ApusBytes
import ApusModel

extension ExpositionReader {
    /// Reads all families of a protocol buffer body.
    ///
    /// As with texts, what follows in the order of the last body is only compared: a series' flat run with the remembered
    /// one. Source: the Prometheus exposition formats and, for what a histogram becomes, Prometheus' own parser.
    mutating func readFamilies(
        _ body: Span<UInt8>,
        limits: ExpositionLimits,
        histograms: HistogramReading,
        into scraped: inout ScrapedBody
    ) throws(ReadFailure) {
        var state = ReadingState(format: .protobuf, limits: limits)
        var cursor = ProtobufReader(body)
        while !cursor.isAtEnd {
            do throws(ProtobufError) {
                // A delimited message is a length-delimited field without its tag.
                try family.read(body, in: try cursor.readRange(ProtobufTag(1, .lengthDelimited)))
            } catch {
                throw Self.failure(error, at: cursor.offset)
            }
            try readMetadata(body, &state)
            for range in family.metrics {
                do throws(ProtobufError) {
                    try metric.read(body, in: range, type: family.type)
                } catch {
                    throw Self.failure(error, at: range.lowerBound)
                }
                metricLabels.begin(metric.labels, in: body)
                try readMetric(body, at: range.lowerBound, histograms, &state, into: &scraped)
                if limits.sampleLimit > 0, scraped.count > limits.sampleLimit {
                    throw ReadFailure(.limit(.samples(limit: limits.sampleLimit)), at: range.lowerBound)
                }
            }
        }
        endOrder(state)
    }

    private static func failure(_ error: ProtobufError, at offset: Int) -> ReadFailure {
        ReadFailure(.invalidMessage(error.description), at: offset)
    }

    // MARK: - Metadata

    private mutating func readMetadata(_ body: Span<UInt8>, _ state: inout ReadingState) throws(ReadFailure) {
        let place = family.name.lowerBound
        let name = body.extracting(family.name)
        guard !name.isEmpty else { throw ReadFailure(.expectedMetricName, at: place) }
        let type = Array(family.type.metricType.rawValue.utf8)
        try noteMetadata(.type, name, type.span, at: place, &state)
        if !family.help.isEmpty {
            try noteMetadata(.help, name, body.extracting(family.help), at: family.help.lowerBound, &state)
        }
        if !family.unit.isEmpty {
            let unit = body.extracting(family.unit)
            try checkUnit(unit, of: name, at: family.unit.lowerBound)
            try noteMetadata(.unit, name, unit, at: family.unit.lowerBound, &state)
        }
    }

    /// Source: OpenMetrics; a counter's unit stands before its `_total`.
    private func checkUnit(_ unit: Span<UInt8>, of name: Span<UInt8>, at offset: Int) throws(ReadFailure) {
        let total = Array("_total".utf8)
        var end = name.count
        if family.type == .counter, end >= total.count,
            equalBytes(name.extracting((end - total.count)..<end), total.span)
        {
            end -= total.count
        }
        let start = end - unit.count
        guard start > 0, name[start - 1] == UInt8(ascii: "_"), equalBytes(name.extracting(start..<end), unit) else {
            throw ReadFailure(
                .unitNotSuffix(unit: String(copying: unit), metric: String(copying: name)), at: offset)
        }
    }

    private mutating func noteMetadata(
        _ kind: LineKind, _ name: Span<UInt8>, _ content: Span<UInt8>, at offset: Int, _ state: inout ReadingState
    ) throws(ReadFailure) {
        var writer = ByteWriter()
        FamilyText.write(kind, family: name, content: content, to: &writer)
        let text = writer.bytes
        let key = LineKey(metadataIn: .protobuf)
        let number: Int
        if let known = knownLine(text.span, key: key, state) {
            number = known
        } else {
            guard (try? UTF8Span(validating: name)) != nil else {
                throw ReadFailure(.invalidUTF8("metric name"), at: offset)
            }
            guard (try? UTF8Span(validating: content)) != nil else {
                throw ReadFailure(.invalidUTF8("metadata"), at: offset)
            }
            let family = families.number(of: Array(copying: name))
            guard let added = known.add(text.span, kind, key: key, context: .other, target: family) else {
                throw ReadFailure(.bodyTooLarge, at: offset)
            }
            number = added
        }
        families.describe(known.lines[number].target, kind, line: UInt32(number))
        note(number, &state)
    }

    /// The line with this text: the one that is expected next, or one that is found by its hash.
    private func knownLine(_ text: Span<UInt8>, key: LineKey, _ state: ReadingState) -> Int? {
        if state.expected < order.count {
            let number = Int(order[state.expected])
            let line = known.lines[number]
            if line.key == key, equalBytes(known.arena.span.extracting(line.range), text) { return number }
        }
        return known.find(text, key: key)
    }

    // MARK: - Samples

    private mutating func readMetric(
        _ body: Span<UInt8>, at offset: Int, _ histograms: HistogramReading, _ state: inout ReadingState,
        into scraped: inout ScrapedBody
    ) throws(ReadFailure) {
        switch family.type {
        case .counter, .gauge, .untyped:
            try append(metric.value, "", body, at: offset, &state, into: &scraped)
            try appendExemplar(metric.exemplar, body, into: &scraped)
        case .summary:
            try append(metric.sampleCount, "_count", body, at: offset, &state, into: &scraped)
            try append(metric.sampleSum, "_sum", body, at: offset, &state, into: &scraped)
            for index in metric.quantiles.indices {
                let (quantile, value) = metric.quantiles[index]
                try append(value, "", extra: .quantile(quantile), body, at: offset, &state, into: &scraped)
            }
        case .histogram, .gaugeHistogram:
            let isNative = histograms.takesNative && metric.isNative
            if isNative { try readNative(body, at: offset, &state, into: &scraped) }
            if !isNative || (histograms.keepsClassic && !metric.buckets.isEmpty) {
                try readClassic(body, at: offset, &state, into: &scraped)
            }
        }
    }

    private mutating func readNative(
        _ body: Span<UInt8>, at offset: Int, _ state: inout ReadingState, into scraped: inout ScrapedBody
    ) throws(ReadFailure) {
        let position = scraped.count
        try append(.nan, "", body, at: offset, &state, into: &scraped)
        do throws(HistogramError) {
            var histogram = try metric.nativeHistogram(isGauge: family.type == .gaugeHistogram)
            histogram.compact()
            scraped.histograms.append(.init(position: position, histogram: histogram))
        } catch {
            let series = labels(of: scraped.slots[position])
            throw ReadFailure(.invalidHistogram("\(error) for series \(series)"), at: offset)
        }
        // Without a time an exemplar of a native histogram could not be told from the one of the scrape before.
        let count = scraped.exemplars.count
        for range in metric.exemplars { try appendExemplar(range, body, needsTime: true, into: &scraped) }
        guard scraped.exemplars.count == count else { return }
        for index in metric.buckets.indices {
            try appendExemplar(metric.buckets[index].exemplar, body, needsTime: true, into: &scraped)
        }
    }

    private mutating func readClassic(
        _ body: Span<UInt8>, at offset: Int, _ state: inout ReadingState, into scraped: inout ScrapedBody
    ) throws(ReadFailure) {
        try append(metric.sampleCount, "_count", body, at: offset, &state, into: &scraped)
        try append(metric.sampleSum, "_sum", body, at: offset, &state, into: &scraped)
        var hasInfinity = false
        for index in metric.buckets.indices {
            let bucket = metric.buckets[index]
            if bucket.upperBound == .infinity { hasInfinity = true }
            try append(
                bucket.cumulativeCount, "_bucket", extra: .upperBound(bucket.upperBound), body, at: offset, &state,
                into: &scraped)
            try appendExemplar(bucket.exemplar, body, into: &scraped)
        }
        guard !hasInfinity else { return }
        // The bucket of everything may be left out on the wire.
        try append(
            metric.sampleCount, "_bucket", extra: .upperBound(.infinity), body, at: offset, &state, into: &scraped)
    }

    private mutating func append(
        _ value: Double, _ suffix: StaticString, extra: MetricLabels.Extra = .none, _ body: Span<UInt8>,
        at offset: Int, _ state: inout ReadingState, into scraped: inout ScrapedBody
    ) throws(ReadFailure) {
        let repeated = metricLabels.makeRun(
            family: body.extracting(family.name), suffix: suffix, extra: extra, in: body)
        if let repeated { throw ReadFailure(.duplicateLabel(repeated), at: offset) }
        let run = metricLabels.run.bytes
        let key = LineKey(.protobuf, .other)
        let number: Int
        if let known = knownLine(run.span, key: key, state) {
            number = known
        } else {
            guard LabelSet(validating: run) != nil else { throw ReadFailure(.invalidUTF8("labels"), at: offset) }
            number = try addSeries(run.span, run: run, key: key, state, at: offset, into: &scraped)
        }
        note(number, &state)
        scraped.slots.append(known.lines[number].target)
        scraped.values.append(value.isNaN ? SpecialValue.normalNaN : value)
        if metric.timestamp != 0, metric.timestamp != ScrapedBody.noTimestamp {
            scraped.setLastTimestamp(metric.timestamp)
        }
    }

    /// Appends an exemplar of the newest sample, if there is one.
    private func appendExemplar(
        _ range: Range<Int>?, _ body: Span<UInt8>, needsTime: Bool = false, into scraped: inout ScrapedBody
    ) throws(ReadFailure) {
        guard let range else { return }
        do throws(ProtobufError) {
            let exemplar = try MetricMessage.exemplar(body, in: range)
            if needsTime, exemplar.timestamp == nil { return }
            scraped.exemplars.append((scraped.count - 1, exemplar))
        } catch {
            throw Self.failure(error, at: range.lowerBound)
        }
    }
}

extension [UInt8] {
    /// The bytes of a span.
    init(copying bytes: Span<UInt8>) {
        self = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
    }
}
