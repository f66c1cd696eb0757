import ApusBytes
import ApusModel

/// What the lines read so far say of those that follow.
struct ReadingState {
    let format: ExpositionFormat
    let limits: ExpositionLimits
    /// Which line of the last body should come next.
    var expected = 0
    /// What the last TYPE line said.
    var context = SeriesContext.other
    /// Whether `# EOF` was read.
    var isEnded = false

    init(format: ExpositionFormat, limits: ExpositionLimits) {
        self.format = format
        self.limits = limits
    }
}

extension ExpositionReader {
    /// Reads all lines of a body.
    mutating func readLines(
        _ body: Span<UInt8>,
        format: ExpositionFormat,
        limits: ExpositionLimits,
        into scraped: inout ScrapedBody
    ) throws(ReadFailure) {
        var state = ReadingState(format: format, limits: limits)
        var cursor = BodyCursor(body)
        while !cursor.isAtEnd {
            readPredictedLines(&cursor, &state, into: &scraped)
            if !cursor.isAtEnd { try readLine(&cursor, &state, into: &scraped) }
            if limits.sampleLimit > 0, scraped.count > limits.sampleLimit {
                throw ReadFailure(.limit(.samples(limit: limits.sampleLimit)), at: min(cursor.offset, body.count))
            }
        }
        if format == .openMetrics, !state.isEnded { throw ReadFailure(.missingEOF, at: body.count) }
        endOrder(state)
    }

    /// Ends the order of a body that is shorter than the last.
    mutating func endOrder(_ state: ReadingState) {
        if !hasDeviated, state.expected < order.count { deviate(at: state.expected) }
    }

    /// Reads lines for as long as they are those of the last body with a plain value; stops before the first other one.
    private mutating func readPredictedLines(
        _ cursor: inout BodyCursor,
        _ state: inout ReadingState,
        into scraped: inout ScrapedBody
    ) {
        let first = state.expected
        guard isExpectedLine(first, at: cursor) else { return }
        let room = order.count - first
        scraped.reserve(room)
        // One check of ownership and capacity for all samples, where `append` would make one for each.
        scraped.slots.append(addingCapacity: room) { slots in
            scraped.values.append(addingCapacity: room) { values in
                readPredictedLines(&cursor, &state, &slots, &values)
            }
        }
        if hasDeviated { newOrder.append(contentsOf: order[first..<state.expected]) }
    }

    /// Whether the text of a line of the last body stands at the cursor.
    private func isExpectedLine(_ position: Int, at cursor: borrowing BodyCursor) -> Bool {
        guard position < order.count else { return false }
        let line = known.lines[Int(order[position])]
        return cursor.isAt(known.arena.span, start: Int(line.start), length: Int(line.length))
    }

    private mutating func readPredictedLines(
        _ cursor: inout BodyCursor,
        _ state: inout ReadingState,
        _ slots: inout OutputSpan<UInt32>,
        _ values: inout OutputSpan<Double>
    ) {
        // Copies of the references: the loop reads them beside what it changes.
        let knownText = known.arena
        let arena = knownText.span
        let lines = known.lines
        let order = order
        let metadataKey = LineKey(metadataIn: state.format)
        var seriesKey = LineKey(state.format, state.context)
        while state.expected < order.count {
            let number = order[state.expected]
            let line = lines[Int(number)]
            guard cursor.isAt(arena, start: Int(line.start), length: Int(line.length)) else { return }
            let end = cursor.offset &+ Int(line.length)
            if line.key == seriesKey {
                guard let (value, next) = cursor.plainValue(at: end) else { return }
                slots.append(line.target)
                values.append(value)
                cursor.offset = next
            } else if line.key == metadataKey {
                guard cursor.bytes[end] == 0x0A else { return }
                families.describe(line.target, line.kind, line: number)
                if line.kind == .type {
                    state.context = line.context
                    seriesKey = LineKey(state.format, line.context)
                }
                cursor.offset = end &+ 1
            } else {
                return
            }
            state.expected &+= 1
        }
    }

    /// Reads one line of any kind.
    private mutating func readLine(
        _ cursor: inout BodyCursor,
        _ state: inout ReadingState,
        into scraped: inout ScrapedBody
    ) throws(ReadFailure) {
        let end = cursor.lineEnd()
        var start = cursor.offset
        if state.isEnded { throw ReadFailure(.dataAfterEOF, at: start) }
        if state.format == .text {
            while start < end, BodyCursor.isBlank(cursor.bytes[start]) { start += 1 }
        }
        if start == end {
            if state.format == .openMetrics { throw ReadFailure(.blankLine, at: start) }
        } else if cursor.bytes[start] == UInt8(ascii: "#") {
            try readMetadata(cursor.bytes, from: start, to: end, &state)
        } else {
            try readSample(cursor, from: start, to: end, &state, into: &scraped)
        }
        cursor.offset = end + 1
    }

    private mutating func readMetadata(
        _ body: Span<UInt8>,
        from start: Int,
        to end: Int,
        _ state: inout ReadingState
    ) throws(ReadFailure) {
        let text = body.extracting(start..<end)
        let key = LineKey(metadataIn: state.format)
        let number: Int
        if let found = known.find(text, key: key) {
            number = found
        } else {
            let metadata: MetadataText
            do throws(ReadFailure) {
                metadata = try MetadataText(text, format: state.format)
            } catch {
                throw ReadFailure(error.problem, at: start + error.offset)
            }
            let kind: LineKind
            var context = SeriesContext.other
            switch metadata.content {
            case .comment: return
            case .eof:
                state.isEnded = true
                return
            case .help: kind = .help
            case .unit: kind = .unit
            case .type(let type):
                kind = .type
                context = SeriesContext(type)
            }
            let family = families.number(of: metadata.family)
            guard let added = known.add(text, kind, key: key, context: context, target: family) else {
                throw ReadFailure(.bodyTooLarge, at: start)
            }
            number = added
        }
        let line = known.lines[number]
        families.describe(line.target, line.kind, line: UInt32(number))
        if line.kind == .type { state.context = line.context }
        note(number, &state)
    }

    private mutating func readSample(
        _ cursor: borrowing BodyCursor,
        from start: Int,
        to lineEnd: Int,
        _ state: inout ReadingState,
        into scraped: inout ScrapedBody
    ) throws(ReadFailure) {
        let (number, end) = try findSeries(cursor, from: start, to: lineEnd, state, into: &scraped)
        note(number, &state)
        scraped.slots.append(known.lines[number].target)
        switch state.format {
        case .text: try readTextValue(cursor.bytes, from: end, to: lineEnd, into: &scraped)
        case .openMetrics, .protobuf: try readOpenMetricsValue(cursor, from: end, to: lineEnd, into: &scraped)
        }
    }

    /// The line of the series that begins at `start`, made if it is new, and where its text ends.
    private mutating func findSeries(
        _ cursor: borrowing BodyCursor,
        from start: Int,
        to lineEnd: Int,
        _ state: ReadingState,
        into scraped: inout ScrapedBody
    ) throws(ReadFailure) -> (number: Int, end: Int) {
        let key = LineKey(state.format, state.context)
        let body = cursor.bytes
        if state.expected < order.count {
            // With a timestamp or an exemplar the series is still predicted. A closing brace ends a known text beyond
            // doubt; after a bare name labels could follow.
            let number = Int(order[state.expected])
            let line = known.lines[number]
            let end = start + Int(line.length)
            if line.key == key, end < lineEnd, body[end - 1] == UInt8(ascii: "}"),
                equalBytes(body.extracting(start..<end), known.arena.span.extracting(line.range))
            {
                return (number, end)
            }
        }
        let scanned = cursor.seriesEnd(from: start, lineEnd: lineEnd, allowsBlanks: state.format == .text)
        if let end = scanned, let number = known.find(body.extracting(start..<end), key: key) { return (number, end) }
        let end = scanned ?? lineEnd
        let text = body.extracting(start..<end)
        do throws(ReadFailure) {
            try seriesText.read(text, format: state.format, context: state.context)
        } catch {
            throw ReadFailure(error.problem, at: start + error.offset)
        }
        let run = seriesText.run.bytes
        return (try addSeries(text, run: run, key: key, state, at: start, into: &scraped), end)
    }

    /// Remembers the series with the labels of `run`, under a slot that it has already or a new one.
    mutating func addSeries(
        _ text: Span<UInt8>,
        run: [UInt8],
        key: LineKey,
        _ state: ReadingState,
        at offset: Int,
        into scraped: inout ScrapedBody
    ) throws(ReadFailure) -> Int {
        do throws(ExpositionLimitError) {
            try state.limits.check(LabelSet(uncheckedRun: run))
        } catch {
            throw ReadFailure(.limit(error), at: offset)
        }
        let hash = SeededHash.perProcess.hash(run.span)
        let lineNumber = UInt32(truncatingIfNeeded: known.lines.count)
        let slot: UInt32
        if let found = series.find(hash: hash, { equalBytes(labels(of: $0).run.span, run.span) }) {
            slot = found
        } else {
            guard let added = series.add(hash: hash, line: lineNumber) else {
                throw ReadFailure(.bodyTooLarge, at: offset)
            }
            slot = added
            scraped.newSlots.append(slot)
        }
        guard let number = known.add(text, .series, key: key, context: state.context, target: slot) else {
            throw ReadFailure(.bodyTooLarge, at: offset)
        }
        return number
    }

    /// Takes a line into the order of this body and sets which one is expected next.
    mutating func note(_ number: Int, _ state: inout ReadingState) {
        if state.expected < order.count, order[state.expected] == UInt32(number) {
            state.expected += 1
            if hasDeviated { newOrder.append(UInt32(number)) }
            return
        }
        if !hasDeviated { deviate(at: state.expected) }
        newOrder.append(UInt32(number))
        // Where the line was known, those after it will probably follow; before a new one nothing has changed.
        let position = Int(known.lines[number].position)
        if position < order.count, order[position] == UInt32(number) { state.expected = position + 1 }
    }

    /// Begins an order of its own for this body, whose first `count` lines are those of the last.
    private mutating func deviate(at count: Int) {
        hasDeviated = true
        newOrder.append(contentsOf: order[..<count])
    }
}
