/// What the reading of one configuration carries along: the folder of its file, the environment, the warnings so far.
struct LoadContext {
    /// The folder that relative file names start from; empty for the working folder.
    var folder: String
    /// Gives the value of an environment variable.
    let environment: @Sendable (String) -> String?
    /// Which names are valid where a section does not say.
    var nameValidation = NameValidationScheme.utf8
    /// What was accepted without effect.
    private(set) var warnings: [ConfigurationWarning] = []

    init(folder: String, environment: @escaping @Sendable (String) -> String?) {
        self.folder = folder
        self.environment = environment
    }

    mutating func warn(_ message: String, at position: SourcePosition) {
        warnings.append(ConfigurationWarning(position: position, message: message))
    }

    /// A file name relative to the configuration's folder; empty and absolute names stay.
    func resolve(_ name: String) -> String {
        if name.isEmpty || name.hasPrefix("/") || folder.isEmpty { return name }
        return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }

    /// `text` with `$NAME` and `${NAME}` replaced by environment variables and `$$` by a dollar sign.
    ///
    /// An unset or empty variable gives nothing and a warning. Source: Go's `os.Expand`, which Prometheus uses for
    /// external labels.
    mutating func expandVariables(_ text: String, at position: SourcePosition) -> String {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "$"), let next = rest.first else {
                result.append(byte)
                continue
            }
            let name: ArraySlice<UInt8>
            if next == UInt8(ascii: "{") {
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
                    rest.removeFirst()
                    continue
                }
                name = rest[(rest.startIndex + 1)..<end]
                rest = rest[(end + 1)...]
            } else if next == UInt8(ascii: "$") {
                name = rest.prefix(1)
                rest = rest.dropFirst()
            } else {
                name = rest.prefix { Self.isNameByte($0) }
                guard !name.isEmpty else {
                    result.append(byte)
                    continue
                }
                rest = rest.dropFirst(name.count)
            }
            let variable = String(decoding: name, as: UTF8.self)
            if variable == "$" {
                result.append(byte)
            } else if let value = environment(variable), !value.isEmpty {
                result += Array(value.utf8)
            } else if !variable.isEmpty {
                warn("environment variable \(variable) is empty; it expands to nothing", at: position)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        let letter = byte | 0x20
        return (letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z")) || byte == UInt8(ascii: "_")
            || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
    }
}
