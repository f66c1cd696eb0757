import AsyncHTTPClient
import NIOHTTP1

/// A GET request, checked once and then sent as often as wanted.
package struct FetchRequest: Sendable {
    /// The URL as given.
    package let url: String
    /// What the HTTP library sends, made once: taking a URL apart costs more than sending it.
    let prepared: HTTPClient.Request

    /// A request for `url` (`http`, `https`, or `http+unix` with the escaped path of a socket as host).
    ///
    /// - Throws: `invalidURL` when the URL has no host, another scheme, or is no URL.
    package init(url: String, headers: [(name: String, value: String)]) throws(HTTPFetchError) {
        self.url = url
        var fields = HTTPHeaders()
        fields.reserveCapacity(headers.count + 1)
        for (name, value) in headers { fields.add(name: name, value: value) }
        do {
            prepared = try HTTPClient.Request(url: url, headers: fields)
        } catch let error as HTTPClientError {
            throw .invalidURL(url, reason: FailureText.text(of: error))
        } catch {
            throw .invalidURL(url, reason: "invalid URL")
        }
    }
}
