import ApusModel

/// A word of the language with its place in the text.
struct Token {
    var kind: TokenKind
    var range: SourceRange
}

/// What a token is.
enum TokenKind: Equatable {
    case endOfInput
    case comma
    case colon
    case assign
    case leftParenthesis
    case rightParenthesis
    case leftBrace
    case rightBrace
    case leftBracket
    case rightBracket
    case string
    case number
    case duration
    /// A name without a colon.
    case identifier
    /// A name with a colon.
    case metricIdentifier
    case at
    case matchesPattern
    case matchesNotPattern
    case binary(BinaryOperation)
    case aggregation(AggregationOperation)
    case keyword(Keyword)
    case queryFunction(QueryFunction)
}

/// A word with a place of its own in the grammar.
enum Keyword: String, CaseIterable {
    case offset
    case by
    case without
    case on
    case ignoring
    case groupLeft = "group_left"
    case groupRight = "group_right"
    case fill
    case fillLeft = "fill_left"
    case fillRight = "fill_right"
    case bool
    case smoothed
    case anchored

    /// Whether the word may also be the name of a metric.
    var canBeMetricName: Bool {
        switch self {
        case .offset, .by, .without, .smoothed, .anchored: true
        default: false
        }
    }
}

/// A word that stands for a property of the query in durations and after `@`, and is a function elsewhere.
enum QueryFunction: String, CaseIterable {
    case start
    case end
    case step
    case range
    case minimum = "min_of"
    case maximum = "max_of"
}

extension TokenKind {
    /// The kind of a word outside braces; keywords are recognised in any case.
    init(word: String) {
        let lowercase = word.lowercased()
        if let kind = Self.words[lowercase] {
            self = kind
        } else {
            self = word.utf8.contains(UInt8(ascii: ":")) ? .metricIdentifier : .identifier
        }
    }

    private static let words: [String: TokenKind] = {
        var words: [String: TokenKind] = ["inf": .number, "nan": .number]
        for operation in [BinaryOperation.and, .or, .unless, .atan2] { words[operation.rawValue] = .binary(operation) }
        for operation in AggregationOperation.allCases { words[operation.rawValue] = .aggregation(operation) }
        for keyword in Keyword.allCases { words[keyword.rawValue] = .keyword(keyword) }
        for function in QueryFunction.allCases { words[function.rawValue] = .queryFunction(function) }
        return words
    }()

    /// The token as messages about what was not expected name it.
    func spelled(_ text: String) -> String {
        switch self {
        case .endOfInput: "end of input"
        case .identifier: "identifier \(QuotedText.quoted(text))"
        case .metricIdentifier: "metric identifier \(QuotedText.quoted(text))"
        case .string: "string \(Self.shortened(text))"
        case .number: "number \(Self.shortened(text))"
        case .duration: "duration \(Self.shortened(text))"
        case .keyword: "<\(text)>"
        case .at, .matchesPattern, .matchesNotPattern, .binary: "<op:\(text)>"
        case .aggregation: "<aggr:\(text)>"
        default: Self.shortened(text)
        }
    }

    /// The text in quotes; of a long one the first ten characters.
    private static func shortened(_ text: String) -> String {
        text.utf8.count > 10
            ? QuotedText.quoted(String(String.UnicodeScalarView(text.unicodeScalars.prefix(10)))) + "..."
            : QuotedText.quoted(text)
    }
}
