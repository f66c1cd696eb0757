import ApusRegex
import HTTPTypes

/// Which pages of other sites may read the API, and which requests they may not make browsers send.
struct CrossOrigin: Sendable {
    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")

    /// The origins whose pages may read the API; none when `nil`.
    let allowedOrigins: RegularExpression?

    /// The fields of an answer of the API to a request from another origin.
    func fields(for request: HTTPFields) -> HTTPFields {
        guard let origin = request[.origin], let allowedOrigins, allowedOrigins.matches(origin) else { return [:] }
        return [
            .accessControlAllowOrigin: origin,
            .accessControlAllowHeaders: "Accept, Authorization, Content-Type, Origin",
            .accessControlAllowMethods: "GET, POST, OPTIONS",
            .accessControlExposeHeaders: "Date",
        ]
    }

    /// Whether a request that changes something comes from a page of another site.
    ///
    /// Browsers tell so in `Sec-Fetch-Site`, older ones by an `Origin` other than the host; programs send neither.
    static func isForged(_ request: HTTPRequest) -> Bool {
        if let fetchSite, let site = request.headerFields[fetchSite] { return site != "same-origin" && site != "none" }
        guard let origin = request.headerFields[.origin] else { return false }
        guard let host = request.authority, let scheme = origin.firstRange(of: "://") else { return true }
        return origin[scheme.upperBound...].lowercased() != host.lowercased()
    }
}

extension String {
    fileprivate func firstRange(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
