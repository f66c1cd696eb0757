import ApusPromQL
import ApusQuery

/// `/api/v1/features`: what this program can do, by category and name, as Prometheus' clients ask it.
struct FeatureAPI: Sendable {
    let isLifecycleEnabled: Bool
    let allowsAdministration: Bool
    let takesRemoteWrite: Bool
    let keepsExemplars: Bool
    let language: EngineFeatures

    func addRoutes(to routes: inout RouteTable) {
        let body = features()
        routes.add(Route("/api/v1/features") { _ throws(APIError) in .success { $0 += body } })
    }

    private func features() -> [UInt8] {
        let categories = [
            ("api", api),
            ("prometheus", ["agent_mode": false, "auto_reload_config": false, "server_mode": true]),
            ("promql", promql),
            ("promql_functions", functions),
            ("promql_operators", operators),
            ("scrape", ["type_and_unit_labels": language[.typeAndUnitLabels]]),
            ("service_discovery_providers", ["dns": true, "file": true, "static": true]),
            ("tsdb", ["exemplar_storage": keepsExemplars, "isolation": true, "native_histograms": true]),
        ]
        var bytes: [UInt8] = []
        var object = JSONObject(&bytes)
        for (category, entries) in categories {
            object.addName(category, to: &bytes)
            var inner = JSONObject(&bytes)
            for (name, isThere) in entries.sorted(by: { $0.key < $1.key }) {
                inner.add(name, flag: isThere, to: &bytes)
            }
            inner.close(&bytes)
        }
        object.close(&bytes)
        return bytes
    }

    private var api: [String: Bool] {
        [
            "admin": allowsAdministration, "exclude_alerts": false, "explain": true, "label_values_match": true,
            "lifecycle": isLifecycleEnabled, "otlp_write_receiver": false, "query_stats": true, "query_warnings": true,
            "remote_write_receiver": takesRemoteWrite, "running_queries": true, "search": false,
            "time_range_labels": true, "time_range_series": true,
        ]
    }

    private var promql: [String: Bool] {
        let always = [
            "at_modifier", "bool", "by", "duration_expr", "group_left", "group_right", "ignoring", "negative_offset",
            "offset", "on", "per_query_lookback_delta", "subqueries", "without",
        ]
        var result = Dictionary(uniqueKeysWithValues: always.map { ($0, true) })
        result["anchored"] = language[.extendedRangeSelectors]
        result["smoothed"] = language[.extendedRangeSelectors]
        for name in ["fill", "fill_left", "fill_right"] { result[name] = language[.fillModifiers] }
        result["delayed_name_removal"] = language[.delayedNameRemoval]
        result["per_step_stats"] = language[.perStepStatistics]
        result["type_and_unit_labels"] = language[.typeAndUnitLabels]
        result["use_start_timestamps"] = language[.startTimestamps]
        return result
    }

    private var functions: [String: Bool] {
        Dictionary(
            uniqueKeysWithValues: Function.allCases.map { function in
                (function.rawValue, !function.signature.isExperimental || language[.experimentalFunctions])
            })
    }

    private var operators: [String: Bool] {
        var result = Dictionary(uniqueKeysWithValues: BinaryOperation.allCases.map { ($0.rawValue, true) })
        for name in ["=~", "!~", "@"] { result[name] = true }
        for operation in AggregationOperation.allCases {
            result[operation.rawValue] = !operation.isExperimental || language[.experimentalFunctions]
        }
        return result
    }
}
