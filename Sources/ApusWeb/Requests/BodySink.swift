/// Takes the body of one request as it comes, so that it never is in memory as a whole.
protocol BodySink: Sendable {
    /// Takes the next part; the client waits meanwhile.
    func take(_ part: [UInt8]) async throws(APIError)

    /// Does what the request asks for, now that the body is complete.
    func finish() async throws(APIError) -> Reply
}
