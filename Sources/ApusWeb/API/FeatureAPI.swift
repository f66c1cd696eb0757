/// `/api/v1/features`: what this program can do, by category and name, as Prometheus' clients ask it.
struct FeatureAPI: Sendable {
    let isLifecycleEnabled: Bool

    func addRoutes(to routes: inout RouteTable) {
        let body = features()
        routes.add(Route("/api/v1/features") { _ throws(APIError) in .success { $0 += body } })
    }

    private func features() -> [UInt8] {
        let api = [
            ("admin", false), ("label_values_match", true), ("lifecycle", isLifecycleEnabled),
            ("otlp_write_receiver", false), ("query_stats", true), ("query_warnings", true),
            ("remote_write_receiver", false), ("search", false), ("time_range_labels", true),
            ("time_range_series", true),
        ]
        let program = [("agent_mode", false), ("auto_reload_config", false), ("server_mode", true)]
        var bytes: [UInt8] = []
        var object = JSONObject(&bytes)
        for (category, entries) in [("api", api), ("prometheus", program)] {
            object.addName(category, to: &bytes)
            var inner = JSONObject(&bytes)
            for (name, isThere) in entries { inner.add(name, flag: isThere, to: &bytes) }
            inner.close(&bytes)
        }
        object.close(&bytes)
        return bytes
    }
}
