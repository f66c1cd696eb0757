import ApusModel
import ApusPromQL

extension Script {
    /// Reads a script.
    ///
    /// - Throws: at the first line that is not understood.
    package init(_ text: String, file: String) throws(ScriptError) {
        var parser = ScriptParser(text, file: file)
        self.init(file: file, commands: try parser.parse())
    }
}

/// Reads scripts line by line.
private struct ScriptParser {
    private let file: String
    /// The lines without white space at their ends; comments are empty.
    private let lines: [Substring]
    private var index = 0

    init(_ text: String, file: String) {
        self.file = file
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let trimmed = ScriptText.trimmed(line)
            return trimmed.first == "#" ? "" : trimmed
        }
    }

    mutating func parse() throws(ScriptError) -> [ScriptCommand] {
        var commands: [ScriptCommand] = []
        while index < lines.count {
            let line = lines[index]
            if line.isEmpty {
                index += 1
                continue
            }
            let word = ScriptText.words(line, atMost: 2)[0].lowercased()
            switch word {
            case "clear":
                index += 1
                commands.append(.clear)
            case "load", "load_with_nhcb":
                commands.append(.load(try parseLoad(makesCustomBuckets: word != "load")))
            case "eval", "eval_fail", "eval_warn", "eval_info", "eval_ordered":
                commands.append(.evaluate(try parseEvaluation(oldForm: String(word.dropFirst(4)))))
            default:
                throw failure("unknown command \(QuotedText.quoted(word))")
            }
        }
        return commands
    }

    private func failure(_ message: String) -> ScriptError {
        ScriptError(file: file, line: index + 1, message: message)
    }

    private func duration(_ text: some StringProtocol) throws(ScriptError) -> Int64 {
        do {
            return try DurationText.parse(text)
        } catch {
            throw failure("\(error)")
        }
    }

    // MARK: load

    private mutating func parseLoad(makesCustomBuckets: Bool) throws(ScriptError) -> ScriptLoad {
        let words = ScriptText.words(lines[index], atMost: 3)
        guard words.count == 2 else { throw failure("expected `load STEP`") }
        var load = ScriptLoad(
            line: index + 1, step: try duration(words[1]), makesCustomBuckets: makesCustomBuckets, series: [])
        var startOffsets: (labels: LabelSet, values: [Int64?])?
        index += 1
        while index < lines.count, !lines[index].isEmpty {
            let (labels, rest, isStart) = try parseSeries(lines[index])
            do throws(ScriptValues.Failure) {
                if isStart {
                    startOffsets = (labels, try ScriptValues.startOffsets(rest))
                    index += 1
                    continue
                }
                var series = ScriptSeries(line: index + 1, labels: labels, values: try ScriptValues.values(rest))
                if let offsets = startOffsets {
                    guard offsets.labels == labels, offsets.values.count == series.values.count else {
                        throw ScriptValues.Failure("the line of start times before does not fit")
                    }
                    series.startOffsets = offsets.values
                    startOffsets = nil
                }
                // The last line of a series replaces earlier ones of the same block.
                load.series.removeAll { $0.labels == labels }
                load.series.append(series)
            } catch {
                throw failure(error.message)
            }
            index += 1
        }
        return load
    }

    /// Splits a line into the series and what follows.
    private func parseSeries(
        _ line: Substring
    ) throws(ScriptError) -> (labels: LabelSet, rest: Substring, isStart: Bool) {
        let end = ScriptText.endOfSeries(line)
        var rest = line[end...]
        let isStart = rest.hasPrefix("@st")
        if isStart { rest = rest.dropFirst(3) }
        do {
            return (try Parser.parseSeries(String(line[..<end])), rest, isStart)
        } catch {
            throw failure("\(error)")
        }
    }

    // MARK: eval

    private mutating func parseEvaluation(oldForm: String) throws(ScriptError) -> ScriptEvaluation {
        var evaluation = try parseEvaluationLine()
        switch oldForm {
        case "_fail": evaluation.expectation.failure = .any
        case "_warn": evaluation.expectation.warnings = [.any]
        case "_info": evaluation.expectation.infos = [.any]
        case "_ordered": evaluation.expectation.isOrdered = true
        default: break
        }
        index += 1
        var series: [ScriptSeries] = []
        while index < lines.count, !lines[index].isEmpty {
            let line = lines[index]
            if let number = ScriptValues.number(line) {
                evaluation.expectation.value = .scalar(number)
                index += 1
                return evaluation
            }
            if line.hasPrefix("expect") {
                try parseExpectation(line, into: &evaluation.expectation)
            } else {
                let (labels, rest, _) = try parseSeries(line)
                do {
                    series.append(ScriptSeries(line: index + 1, labels: labels, values: try ScriptValues.values(rest)))
                } catch {
                    throw failure(error.message)
                }
            }
            index += 1
        }
        if !series.isEmpty { evaluation.expectation.value = .series(series) }
        return evaluation
    }

    private func parseEvaluationLine() throws(ScriptError) -> ScriptEvaluation {
        let words = ScriptText.words(lines[index], atMost: 5)
        if words.count >= 5, words[1] == "instant", words[2] == "at" {
            let time = try duration(words[3])
            let query = ScriptText.words(lines[index], atMost: 5)[4]
            return ScriptEvaluation(line: index + 1, time: .instant(time), query: String(query))
        }
        let rangeWords = ScriptText.words(lines[index], atMost: 9)
        if rangeWords.count == 9, rangeWords[1] == "range", rangeWords[2] == "from", rangeWords[4] == "to",
            rangeWords[6] == "step"
        {
            return ScriptEvaluation(
                line: index + 1,
                time: .range(
                    start: try duration(rangeWords[3]), end: try duration(rangeWords[5]),
                    step: try duration(rangeWords[7])),
                query: String(rangeWords[8]))
        }
        throw failure("expected `eval instant at TIME QUERY` or `eval range from START to END step STEP QUERY`")
    }

    private func parseExpectation(
        _ line: Substring, into expectation: inout ScriptExpectation
    ) throws(ScriptError) {
        let words = ScriptText.words(line, atMost: 3)
        switch words[0] {
        case "expected_fail_message":
            expectation.failure = .equal(String(ScriptText.words(line, atMost: 2).dropFirst().first ?? ""))
            return
        case "expected_fail_regexp":
            expectation.failure = .matching(String(ScriptText.words(line, atMost: 2).dropFirst().first ?? ""))
            return
        case "expect": break
        default: throw failure("unknown expectation \(QuotedText.quoted(String(words[0])))")
        }
        guard words.count >= 2 else { throw failure("expected what is expected") }
        let rest = words.count > 2 ? words[2] : ""
        switch words[1] {
        case "ordered": expectation.isOrdered = true
        case "no_warn": expectation.forbidsWarnings = true
        case "no_info": expectation.forbidsInfos = true
        case "fail":
            guard expectation.failure == nil else { throw failure("there may be only one `expect fail`") }
            expectation.failure = try parseText(rest)
        case "warn": expectation.warnings.append(try parseText(rest))
        case "info": expectation.infos.append(try parseText(rest))
        case "string":
            guard let literal = try? Parser.parse(String(rest)), case .string(let node) = literal else {
                throw failure("expected a quoted string")
            }
            expectation.value = .string(node.value)
        case "range":
            let parts = ScriptText.words(line, atMost: 10)
            guard parts.count == 9, parts[2] == "vector", parts[3] == "from", parts[5] == "to", parts[7] == "step"
            else {
                throw failure("expected `expect range vector from START to END step STEP`")
            }
            expectation.rangeVector = (try duration(parts[4]), try duration(parts[6]), try duration(parts[8]))
        default:
            throw failure("unknown expectation \(QuotedText.quoted(String(words[1])))")
        }
        if expectation.forbidsWarnings && !expectation.warnings.isEmpty
            || expectation.forbidsInfos && !expectation.infos.isEmpty
        {
            throw failure("annotations are both expected and forbidden")
        }
    }

    /// Reads `msg: TEXT`, `regex: RE` or nothing.
    private func parseText(_ text: Substring) throws(ScriptError) -> ScriptExpectation.Text {
        if text.isEmpty { return .any }
        if text.hasPrefix("msg:") { return .equal(String(ScriptText.trimmed(text.dropFirst(4)))) }
        if text.hasPrefix("regex:") { return .matching(String(ScriptText.trimmed(text.dropFirst(6)))) }
        throw failure("expected `msg:` or `regex:`")
    }
}

/// Cutting lines into parts.
enum ScriptText {
    static func isBlank(_ character: Character) -> Bool {
        character == " " || character == "\t" || character == "\r"
    }

    static func trimmed(_ text: Substring) -> Substring {
        var result = text.drop(while: isBlank)
        while let last = result.last, isBlank(last) { result.removeLast() }
        return result
    }

    /// The words of a line; the last of them is the whole rest.
    static func words(_ line: Substring, atMost count: Int) -> [Substring] {
        line.split(maxSplits: count - 1, omittingEmptySubsequences: true, whereSeparator: isBlank).map(trimmed)
    }

    /// Where the series at the start of a line ends: after its name and its braces.
    static func endOfSeries(_ line: Substring) -> Substring.Index {
        var index = line.startIndex
        while index < line.endIndex, line[index].isLetter || line[index].isNumber || "_:".contains(line[index]) {
            index = line.index(after: index)
        }
        guard index < line.endIndex, line[index] == "{" else { return index }
        var quote: Character?
        while index < line.endIndex {
            let character = line[index]
            index = line.index(after: index)
            if let open = quote {
                if character == "\\", open != "`", index < line.endIndex {
                    index = line.index(after: index)
                } else if character == open {
                    quote = nil
                }
            } else if "\"'`".contains(character) {
                quote = character
            } else if character == "}" {
                break
            }
        }
        return index
    }
}
