/// The answer of the HTTP API around its data: status, data, warnings and infos.
struct Envelope: BodyPieces {
    private enum Stage {
        case opening
        case data
    }

    private var data: any BodyPieces
    private let warnings: [String]
    private let infos: [String]
    private var stage = Stage.opening

    /// A success with the given data.
    init(_ data: any BodyPieces, warnings: [String] = [], infos: [String] = []) {
        self.data = data
        self.warnings = warnings
        self.infos = infos
    }

    mutating func append(to bytes: inout [UInt8], upTo size: Int) -> Bool {
        if stage == .opening {
            JSONText.append(literal: "{\"status\":\"success\",\"data\":", to: &bytes)
            stage = .data
        }
        if data.append(to: &bytes, upTo: size) { return true }
        Self.append(warnings, named: "warnings", to: &bytes)
        Self.append(infos, named: "infos", to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return false
    }

    /// The body of a failure.
    static func body(of error: APIError) -> [UInt8] {
        var bytes: [UInt8] = []
        JSONText.append(literal: "{\"status\":\"error\",\"errorType\":", to: &bytes)
        JSONText.append(error.kind.rawValue, to: &bytes)
        JSONText.append(literal: ",\"error\":", to: &bytes)
        JSONText.append(error.message, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private static func append(_ annotations: [String], named name: StaticString, to bytes: inout [UInt8]) {
        guard !annotations.isEmpty else { return }
        JSONText.append(literal: ",\"", to: &bytes)
        JSONText.append(literal: name, to: &bytes)
        JSONText.append(literal: "\":", to: &bytes)
        JSONText.append(annotations, to: &bytes)
    }
}
