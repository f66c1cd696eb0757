/// `/api/v1/rules`, `/api/v1/alerts` and `/api/v1/alertmanagers`.
///
/// The program has no rules yet, so there are none, and the answers say so in the shapes that clients expect.
struct AlertingAPI: Sendable {
    func addRoutes(to routes: inout RouteTable) {
        routes.add(
            Route("/api/v1/rules") { request throws(APIError) in
                if let type = request.parameters["type"], type != "alert", type != "record" {
                    throw .invalid(parameter: "type", "not supported value \"\(type)\"")
                }
                return .success(LiteralPiece("{\"groups\":[]}"))
            })
        routes.add(
            Route("/api/v1/alerts") { _ throws(APIError) in .success(LiteralPiece("{\"alerts\":[]}")) })
        routes.add(
            Route("/api/v1/alertmanagers") { _ throws(APIError) in
                .success(LiteralPiece("{\"activeAlertmanagers\":[],\"droppedAlertmanagers\":[]}"))
            })
    }
}
