import ApusModel
import CApusYAML

/// What stands in a YAML text, one after the other.
///
/// The only place that knows the YAML library.
@safe
struct YAMLEvents: ~Copyable {
    /// One thing, with where it begins.
    struct Event {
        enum Kind {
            case end
            case document
            case scalar(YAMLScalar)
            case alias
            case sequence
            case sequenceEnd
            case mapping
            case mappingEnd
        }

        var kind: Kind
        var position: SourcePosition
        /// The anchor that a value has, or that an alias names.
        var anchor: String?
    }

    private let file: String
    private let text: UnsafeBufferPointer<UInt8>
    private let parser: OpaquePointer

    /// The events of UTF-8 text, which must stay until they are gone.
    init(_ text: UnsafeBufferPointer<UInt8>, file: String) throws(ConfigurationError) {
        guard let parser = unsafe apus_yaml_parser_make(text.baseAddress, text.count) else {
            throw .malformed(SourcePosition(file: file, line: 1, column: 1), "there is no memory to read the file")
        }
        self.file = file
        unsafe self.text = text
        unsafe self.parser = parser
    }

    deinit { unsafe apus_yaml_parser_free(parser) }

    /// The next event; behind an error or the end there is none.
    mutating func next() throws(ConfigurationError) -> Event {
        let event = unsafe apus_yaml_next(parser)
        let position = unsafe SourcePosition(file: file, line: Int(event.line), column: Int(event.column))
        let kind: Event.Kind
        switch unsafe event.kind {
        case APUS_YAML_END: kind = .end
        case APUS_YAML_DOCUMENT: kind = .document
        case APUS_YAML_ALIAS: kind = .alias
        case APUS_YAML_SEQUENCE: kind = .sequence
        case APUS_YAML_SEQUENCE_END: kind = .sequenceEnd
        case APUS_YAML_MAPPING: kind = .mapping
        case APUS_YAML_MAPPING_END: kind = .mappingEnd
        case APUS_YAML_SCALAR: kind = .scalar(try unsafe scalar(event, at: position))
        default: throw unsafe failure(event, at: position)
        }
        return unsafe Event(kind: kind, position: position, anchor: event.anchor.map { unsafe String(cString: $0) })
    }

    private func scalar(
        _ event: apus_yaml_event, at position: SourcePosition
    ) throws(ConfigurationError) -> YAMLScalar {
        let text = unsafe String(
            decoding: UnsafeBufferPointer(start: event.text, count: event.length), as: UTF8.self)
        guard let tag = unsafe event.tag.map({ unsafe String(cString: $0) }) else {
            return unsafe YAMLScalar(text: text, isPlain: event.is_plain, invalidBytes: nil)
        }
        guard tag == "tag:yaml.org,2002:binary" else {
            return YAMLScalar(text: text, isPlain: false, invalidBytes: nil)
        }
        guard let bytes = Base64Text.decode(text) else {
            throw .malformed(position, "!!binary value contains invalid base64 data")
        }
        let decoded = String(validating: bytes, as: UTF8.self)
        return YAMLScalar(
            text: decoded ?? String(decoding: bytes, as: UTF8.self), isPlain: false,
            invalidBytes: decoded == nil ? bytes : nil)
    }

    private func failure(_ event: apus_yaml_event, at position: SourcePosition) -> ConfigurationError {
        let problem = unsafe event.problem.map { unsafe String(cString: $0) } ?? ""
        switch unsafe event.kind {
        case APUS_YAML_WRONG:
            if problem == "found character that cannot start any token", isTab(at: position) {
                return .malformed(position, "found a tab where only spaces may indent; replace it with spaces")
            }
            let context = unsafe event.context.map { unsafe String(cString: $0) + ": " } ?? ""
            return .malformed(position, context + problem)
        case APUS_YAML_UNREADABLE:
            let code = unsafe String(max(event.character, 0), radix: 16, uppercase: true)
            return unsafe .malformed(self.position(ofByte: event.offset), "\(problem) (U+\(code))")
        default:
            return .malformed(position, "there is no memory to read the file")
        }
    }

    private func isTab(at position: SourcePosition) -> Bool {
        let lines = unsafe text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard unsafe position.line <= lines.count else { return false }
        let line = unsafe String(decoding: lines[position.line - 1], as: UTF8.self).unicodeScalars
        return line.dropFirst(position.column - 1).first == "\t"
    }

    private func position(ofByte offset: Int) -> SourcePosition {
        let before = unsafe String(decoding: text.prefix(offset), as: UTF8.self).unicodeScalars
        let lines = before.split(separator: "\n", omittingEmptySubsequences: false)
        return SourcePosition(file: file, line: lines.count, column: (lines.last?.count ?? 0) + 1)
    }
}
