/// The protocol buffer messages in which samples are written remotely.
enum WriteMessage: String, CaseIterable {
    /// Remote write 1.0.
    case version1 = "prometheus.WriteRequest"
    /// Remote write 2.0, whose texts stand in a table of symbols.
    case version2 = "io.prometheus.write.v2.Request"

    private static let mediaType = "application/x-protobuf"

    /// The message that a `Content-Type` names; remote write 1.0 where it names none, as Prometheus takes it.
    ///
    /// - Throws: the text of the 415 answer.
    static func named(by contentType: String?) throws(UnacceptableBody) -> WriteMessage {
        let given = trimmed(contentType ?? "")
        guard !given.isEmpty else { return .version1 }
        let parts = given.split(separator: ";", omittingEmptySubsequences: false)
        guard trimmed(parts[0]).lowercased() == mediaType else {
            throw UnacceptableBody(
                text: "expected \(mediaType) as the first (media) part, got \(given) content-type")
        }
        for part in parts.dropFirst() {
            let pair = part.split(separator: "=", omittingEmptySubsequences: false)
            guard pair.count == 2 else {
                throw UnacceptableBody(
                    text: "as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be "
                        + "key-values, got \(part) in \(given) content-type")
            }
            guard trimmed(pair[0]) == "proto" else { continue }
            let name = trimmed(pair[1])
            guard let message = WriteMessage(rawValue: String(name)) else {
                throw UnacceptableBody(
                    text: "got \(given) content type; unknown remote write protobuf message \(name), "
                        + "supported: \(allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return message
        }
        return .version1
    }

    /// Throws the text of the 415 answer unless a `Content-Encoding` is snappy or missing.
    static func checkEncoding(_ contentEncoding: String?) throws(UnacceptableBody) {
        let given = trimmed(contentEncoding ?? "")
        guard given.isEmpty || given.lowercased() == "snappy" else {
            throw UnacceptableBody(
                text: "\(given) encoding (compression) is not accepted by this server; only snappy is acceptable")
        }
    }

    private static func trimmed(_ text: some StringProtocol) -> Substring {
        var rest = Substring(text)
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return rest
    }
}

/// Why the type or encoding of a body is not read.
struct UnacceptableBody: Error {
    let text: String
}
