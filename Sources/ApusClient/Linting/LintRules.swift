import ApusModel

/// The conventions, one rule each: what a rule says of a family, or nothing.
enum LintRules {
    static let all: [@Sendable (LintedFamily) -> [String]] = [
        help, units, counter, reservedSuffixes, reservedLabels, typeInName, reservedCharacters, camelCase,
        abbreviations,
    ]

    /// Source: the Go client library's linter.
    private static let help: @Sendable (LintedFamily) -> [String] = { family in
        family.metadata.help.isEmpty ? ["no help text"] : []
    }

    private static let units: @Sendable (LintedFamily) -> [String] = { family in
        guard let (unit, base) = unit(in: family.name), unit != base else { return [] }
        return ["use base unit \"\(base)\" instead of \"\(unit)\""]
    }

    private static let counter: @Sendable (LintedFamily) -> [String] = { family in
        let hasTotal = family.name.hasSuffix("_total")
        return switch family.metadata.type {
        case .counter where !hasTotal: ["counter metrics should have \"_total\" suffix"]
        case .counter, .unknown: []
        default: hasTotal ? ["non-counter metrics should not have \"_total\" suffix"] : []
        }
    }

    private static let reservedSuffixes: @Sendable (LintedFamily) -> [String] = { family in
        let type = family.metadata.type
        guard type != .unknown, type != .histogram, type != .gaugeHistogram else { return [] }
        var problems: [String] = []
        if family.name.hasSuffix("_bucket") {
            problems.append("non-histogram metrics should not have \"_bucket\" suffix")
        }
        if type != .summary {
            for suffix in ["_count", "_sum"] where family.name.hasSuffix(suffix) {
                problems.append("non-histogram and non-summary metrics should not have \"\(suffix)\" suffix")
            }
        }
        return problems
    }

    private static let reservedLabels: @Sendable (LintedFamily) -> [String] = { family in
        let type = family.metadata.type
        guard type != .unknown else { return [] }
        var problems: [String] = []
        if type != .histogram, type != .gaugeHistogram, family.labels.contains("le") {
            problems.append("non-histogram metrics should not have \"le\" label")
        }
        if type != .summary, family.labels.contains("quantile") {
            problems.append("non-summary metrics should not have \"quantile\" label")
        }
        return problems
    }

    private static let typeInName: @Sendable (LintedFamily) -> [String] = { family in
        let type = family.metadata.type
        guard type != .unknown else { return [] }
        return words(of: family.name).dropFirst().contains(type.rawValue)
            ? ["metric name should not include type '\(type.rawValue)'"] : []
    }

    private static let reservedCharacters: @Sendable (LintedFamily) -> [String] = { family in
        family.name.contains(":") ? ["metric names should not contain ':'"] : []
    }

    private static let camelCase: @Sendable (LintedFamily) -> [String] = { family in
        var problems: [String] = []
        if isCamelCase(family.name) {
            problems.append("metric names should be written in 'snake_case' not 'camelCase'")
        }
        if family.labels.contains(where: isCamelCase) {
            problems.append("label names should be written in 'snake_case' not 'camelCase'")
        }
        return problems
    }

    private static let abbreviations: @Sendable (LintedFamily) -> [String] = { family in
        words(of: family.name).dropFirst().contains(where: abbreviatedUnits.contains)
            ? ["metric names should not contain abbreviated units"] : []
    }

    private static func words(of name: String) -> [String] {
        name.lowercased().split(separator: "_", omittingEmptySubsequences: false).map(String.init)
    }

    /// Whether a small letter stands before a capital one.
    private static func isCamelCase(_ name: String) -> Bool {
        zip(name.utf8, name.utf8.dropFirst()).contains { first, second in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first)
                && (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(second)
        }
    }

    /// The first unit that stands in a name as a word, perhaps with a prefix, and the base unit that should.
    private static func unit(in name: String) -> (unit: String, base: String)? {
        for word in name.split(separator: "_") {
            for (unit, base) in baseUnits where word.hasSuffix(unit) {
                // "thermometers" ends with a unit and is none.
                if prefixes.contains(String(word.dropLast(unit.count))) { return (String(word), base) }
            }
        }
        return nil
    }

    private static let abbreviatedUnits: Set<String> = [
        "s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d",
    ]

    private static let prefixes: Set<String> = [
        "", "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega", "mebi", "mibi",
        "giga", "gibi", "tera", "tebi", "peta", "pebi",
    ]

    /// Units with the base unit of each.
    private static let baseUnits: [(unit: String, base: String)] = [
        ("amperes", "amperes"), ("bytes", "bytes"), ("celsius", "celsius"), ("grams", "grams"), ("joules", "joules"),
        ("kelvin", "kelvin"), ("meters", "meters"), ("metres", "metres"), ("seconds", "seconds"), ("volts", "volts"),
        ("minutes", "seconds"), ("hours", "seconds"), ("days", "seconds"), ("weeks", "seconds"),
        ("kelvins", "kelvin"), ("fahrenheit", "celsius"), ("rankine", "celsius"),
        ("inches", "meters"), ("yards", "meters"), ("miles", "meters"),
        ("bits", "bytes"), ("calories", "joules"), ("pounds", "grams"), ("ounces", "grams"),
    ]
}
