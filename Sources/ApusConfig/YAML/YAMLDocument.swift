import ApusModel

/// Reads one YAML document into a tree with places.
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
        try validate(text, file: file)
        return try unsafe text.withUnsafeBufferPointer { (bytes) throws(ConfigurationError) in
            var composer = YAMLComposer(try unsafe YAMLEvents(bytes, file: file), limits: limits)
            return try composer.root()
        }
    }

    private static func validate(_ text: [UInt8], file: String) throws(ConfigurationError) {
        if (try? UTF8Span(validating: text.span)) != nil { return }
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
