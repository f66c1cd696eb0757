import ApusModel
import Yams

/// Reads one YAML document into a tree with places.
///
/// The only place that knows the YAML library.
enum YAMLDocument {
    /// The root of the document in `text`, or `nil` when it holds nothing.
    ///
    /// - Parameter file: the name that errors carry.
    static func parse(
        _ text: [UInt8], file: String, limits: YAMLLimits = .standard
    ) throws(ConfigurationError) -> YAMLNode? {
        guard text.count <= limits.bytes else {
            throw .malformed(
                SourcePosition(file: file, line: 1, column: 1),
                "the file has \(text.count) bytes, more than the \(limits.bytes) allowed; split it")
        }
        let string = try validated(text, file: file)
        try AliasGuard.check(text, file: file)
        let result: Result<YAMLNode?, ConfigurationError> = DeepStack.run {
            do throws(ConfigurationError) {
                guard let root = try compose(string, file: file) else { return .success(nil) }
                var converter = YAMLConverter(file: file, limits: limits)
                return .success(try converter.convert(root, depth: 0))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static func compose(_ text: String, file: String) throws(ConfigurationError) -> Node? {
        do {
            // Without resolver rules the library tries no regular expressions on each scalar; fields know their types.
            return try Yams.compose(yaml: text, .basic, .default, .utf8)
        } catch let error as YamlError {
            throw explain(error, text: text, file: file)
        } catch {
            throw .malformed(SourcePosition(file: file, line: 1, column: 1), "\(error)")
        }
    }

    private static func explain(_ error: YamlError, text: String, file: String) -> ConfigurationError {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let problem =
                problem == "found character that cannot start any token" && isTab(at: mark, in: text)
                ? "found a tab where only spaces may indent; replace it with spaces" : problem
            return .malformed(position(of: mark, file: file), (context.map { $0.text + ": " } ?? "") + problem)
        case .reader(let problem, let offset, let value, _):
            return .malformed(
                position(ofCharacter: offset ?? 0, in: text, file: file),
                "\(problem) (U+\(String(max(value, 0), radix: 16, uppercase: true)))")
        case .duplicatedKeysInMapping(let keys, let context):
            return .repeatedField(position(of: context.mark, file: file), field: keys.first ?? "")
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            return .malformed(SourcePosition(file: file, line: 1, column: 1), "\(error)")
        }
    }

    private static func position(of mark: Mark, file: String) -> SourcePosition {
        SourcePosition(file: file, line: mark.line, column: mark.column)
    }

    private static func isTab(at mark: Mark, in text: String) -> Bool {
        let lines = text.unicodeScalars.split(separator: "\n", maxSplits: mark.line, omittingEmptySubsequences: false)
        guard mark.line >= 1, mark.line <= lines.count else { return false }
        return lines[mark.line - 1].dropFirst(mark.column - 1).first == "\t"
    }

    private static func position(ofCharacter offset: Int, in text: String, file: String) -> SourcePosition {
        var line = 1
        var column = 1
        for character in text.prefix(max(offset, 0)) {
            if character.isNewline {
                line += 1
                column = 1
            } else {
                column += character.unicodeScalars.count
            }
        }
        return SourcePosition(file: file, line: line, column: column)
    }

    private static func validated(_ text: [UInt8], file: String) throws(ConfigurationError) -> String {
        if let string = String(validating: text, as: UTF8.self) { return string }
        var decoder = UTF8()
        var bytes = text.makeIterator()
        var line = 1
        var column = 1
        while case .scalarValue(let scalar) = decoder.decode(&bytes) {
            if scalar == "\n" {
                line += 1
                column = 1
            } else {
                column += 1
            }
        }
        throw .malformed(SourcePosition(file: file, line: line, column: column), "the text is not valid UTF-8 here")
    }
}
