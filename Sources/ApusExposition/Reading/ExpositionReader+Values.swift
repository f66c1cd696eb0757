import ApusBytes
import ApusModel

extension ExpositionReader {
    /// Reads ` value [timestamp]` of the text format; blanks may be many and stand at the end.
    mutating func readTextValue(
        _ body: Span<UInt8>,
        from start: Int,
        to lineEnd: Int,
        into scraped: inout ScrapedBody
    ) throws(ReadFailure) {
        var index = Self.skipBlanks(body, from: start, to: lineEnd)
        let valueStart = index
        index = Self.tokenEnd(body, from: index, to: lineEnd)
        scraped.values.append(try Self.value(body, from: valueStart, to: index))
        index = Self.skipBlanks(body, from: index, to: lineEnd)
        guard index < lineEnd else { return }
        let timestampStart = index
        index = Self.tokenEnd(body, from: index, to: lineEnd)
        let token = body.extracting(timestampStart..<index)
        guard let timestamp = NumberText.parseInteger(token), timestamp != ScrapedBody.noTimestamp else {
            throw Self.failure(.invalidTimestamp(Self.excerpt(token)), token, at: timestampStart)
        }
        index = Self.skipBlanks(body, from: index, to: lineEnd)
        guard index == lineEnd else { throw ReadFailure(.expectedNextEntry, at: index) }
        scraped.setLastTimestamp(timestamp)
    }

    /// Reads ` value[ timestamp][ # {labels} value[ timestamp]]` of OpenMetrics, where each blank is exactly one.
    mutating func readOpenMetricsValue(
        _ cursor: borrowing BodyCursor,
        from start: Int,
        to lineEnd: Int,
        into scraped: inout ScrapedBody
    ) throws(ReadFailure) {
        let body = cursor.bytes
        guard start < lineEnd, body[start] == 0x20 else { throw ReadFailure(.expectedValue, at: start) }
        var index = Self.blankOrEnd(body, from: start + 1, to: lineEnd)
        scraped.values.append(try Self.value(body, from: start + 1, to: index))
        guard index < lineEnd else { return }
        if index + 1 == lineEnd || body[index + 1] != UInt8(ascii: "#") {
            let timestampStart = index + 1
            index = Self.blankOrEnd(body, from: timestampStart, to: lineEnd)
            scraped.setLastTimestamp(try Self.seconds(body, from: timestampStart, to: index))
            guard index < lineEnd else { return }
        }
        let exemplar = try readExemplar(cursor, from: index, to: lineEnd)
        scraped.exemplars.append((scraped.slots.count - 1, exemplar))
    }

    /// Reads ` # {labels} value[ timestamp]`.
    private mutating func readExemplar(
        _ cursor: borrowing BodyCursor,
        from start: Int,
        to lineEnd: Int
    ) throws(ReadFailure) -> Exemplar {
        let body = cursor.bytes
        guard start + 3 < lineEnd, body[start] == 0x20, body[start + 1] == UInt8(ascii: "#"), body[start + 2] == 0x20,
            body[start + 3] == UInt8(ascii: "{"),
            let labelsEnd = cursor.seriesEnd(from: start + 3, lineEnd: lineEnd, allowsBlanks: false)
        else { throw ReadFailure(.invalidExemplar, at: start) }
        do throws(ReadFailure) {
            try seriesText.readExemplarLabels(body.extracting((start + 3)..<labelsEnd))
        } catch {
            throw ReadFailure(error.problem, at: start + 3 + error.offset)
        }
        let labels = LabelSet(uncheckedRun: seriesText.run.bytes)
        guard labelsEnd < lineEnd, body[labelsEnd] == 0x20 else { throw ReadFailure(.invalidExemplar, at: labelsEnd) }
        var index = Self.blankOrEnd(body, from: labelsEnd + 1, to: lineEnd)
        let value = try Self.value(body, from: labelsEnd + 1, to: index)
        guard index < lineEnd else { return Exemplar(labels: labels, value: value, timestamp: nil) }
        let timestampStart = index + 1
        index = Self.blankOrEnd(body, from: timestampStart, to: lineEnd)
        let timestamp = try Self.seconds(body, from: timestampStart, to: index)
        guard index == lineEnd else { throw ReadFailure(.invalidExemplar, at: index) }
        return Exemplar(labels: labels, value: value, timestamp: timestamp)
    }

    private static func value(_ body: Span<UInt8>, from start: Int, to end: Int) throws(ReadFailure) -> Double {
        guard start < end else { throw ReadFailure(.expectedValue, at: start) }
        let token = body.extracting(start..<end)
        guard let value = NumberText.parseFloat(token) else {
            throw failure(.invalidValue(excerpt(token)), token, at: start)
        }
        // One NaN only, so that no target can send a staleness marker by accident.
        return value.isNaN ? SpecialValue.normalNaN : value
    }

    /// A time in seconds as milliseconds; one beyond the range of milliseconds becomes its end.
    private static func seconds(_ body: Span<UInt8>, from start: Int, to end: Int) throws(ReadFailure) -> Int64 {
        let token = body.extracting(start..<end)
        guard let seconds = NumberText.parseFloat(token), seconds.isFinite else {
            throw failure(.invalidTimestamp(excerpt(token)), token, at: start)
        }
        let milliseconds = (seconds * 1_000).rounded(.toNearestOrEven)
        return Int64(exactly: milliseconds) ?? (milliseconds < 0 ? -.max : .max)
    }

    /// The failure of a token, or the better reason where only a carriage return is wrong with it.
    private static func failure(
        _ problem: ExpositionError.Problem,
        _ token: Span<UInt8>,
        at offset: Int
    ) -> ReadFailure {
        if token.count > 0, token[token.count - 1] == 0x0D {
            return ReadFailure(.carriageReturn, at: offset + token.count - 1)
        }
        return ReadFailure(problem, at: offset)
    }

    private static func excerpt(_ token: Span<UInt8>) -> String {
        String(copying: token.extracting(0..<min(token.count, 40)))
    }

    private static func skipBlanks(_ body: Span<UInt8>, from start: Int, to end: Int) -> Int {
        var index = start
        while index < end, BodyCursor.isBlank(body[index]) { index += 1 }
        return index
    }

    /// Where the next blank of OpenMetrics is, which is no tab.
    private static func blankOrEnd(_ body: Span<UInt8>, from start: Int, to end: Int) -> Int {
        var index = start
        while index < end, body[index] != 0x20 { index += 1 }
        return index
    }

    private static func tokenEnd(_ body: Span<UInt8>, from start: Int, to end: Int) -> Int {
        var index = start
        while index < end, !BodyCursor.isBlank(body[index]) { index += 1 }
        return index
    }
}
