import ApusRemote
import HTTPTypes

/// `/api/v1/write`: takes samples that others have scraped.
struct RemoteWriteAPI: Sendable {
    /// The receiver, or `nil` when it is not switched on.
    let receiver: RemoteWriteReceiver?
    let threads: BlockingThreads

    func addRoutes(to routes: inout RouteTable) {
        guard let receiver else {
            routes.add(
                Route("/api/v1/write", [.post]) { _ throws(APIError) in
                    .text(
                        "remote write receiver needs to be enabled with --web.enable-remote-write-receiver\n",
                        status: .notFound)
                })
            return
        }
        routes.add(
            Route("/api/v1/write", [.post], readiness: .whenReady, place: .eventLoop, maxBodyBytes: receiver.bodyLimit)
            {
                request throws(APIError) in
                let answer = try await threads.run(whenCancelled: APIError(.canceled, "the request was cancelled")) {
                    () throws(APIError) in
                    receiver.receive(
                        body: request.body, contentType: request.fields[.contentType],
                        contentEncoding: request.fields[.contentEncoding])
                }
                return Self.reply(answer)
            })
    }

    private static func reply(_ answer: RemoteWriteReply) -> Reply {
        var reply = Reply.text(
            answer.text.isEmpty ? "" : answer.text + "\n", status: HTTPResponse.Status(code: answer.status))
        if answer.text.isEmpty { reply = Reply(status: reply.status, body: .bytes([])) }
        for field in answer.fields {
            if let name = HTTPField.Name(field.name) { reply.fields[name] = field.value }
        }
        return reply
    }
}
