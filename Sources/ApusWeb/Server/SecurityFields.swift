import HTTPTypes

/// Header fields that tell browsers what the answers may do; on every answer.
enum SecurityFields {
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:",
        "connect-src 'self'", "font-src 'self'", "base-uri 'self'", "form-action 'self'", "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ].joined(separator: "; ")

    private static let openerPolicy = HTTPField.Name("Cross-Origin-Opener-Policy")
    private static let referrerPolicy = HTTPField.Name("Referrer-Policy")

    /// Adds the fields.
    static func add(to fields: inout HTTPFields) {
        fields[.contentSecurityPolicy] = policy
        fields[.xContentTypeOptions] = "nosniff"
        if let referrerPolicy { fields[referrerPolicy] = "same-origin" }
        if let openerPolicy { fields[openerPolicy] = "same-origin" }
        fields[.vary] = "Accept-Encoding, Origin"
    }
}
