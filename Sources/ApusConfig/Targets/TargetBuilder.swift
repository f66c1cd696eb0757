package import ApusModel

/// Where and how a target is scraped, after relabelling.
package struct ResolvedTarget: Sendable, Hashable {
    /// The labels before relabelling, as `/api/v1/targets` shows them.
    package let discoveredLabels: LabelSet
    /// The labels that every sample of the target gets.
    package let labels: LabelSet
    /// Host and port.
    package let address: String
    /// `http` or `https`.
    package let scheme: String
    /// The path, with a leading slash when the configuration has one.
    package let metricsPath: String
    /// The query parameters, sorted by name; several values of one name keep their order.
    package let parameters: [QueryParameter]
    /// Milliseconds between two scrapes; positive.
    package let interval: Int64
    /// Milliseconds that a scrape may take; positive and at most `interval`.
    package let timeout: Int64
    /// Whether classic histograms become native ones with custom buckets.
    package let convertsClassicHistograms: Bool
    /// Whether classic histograms are kept beside native ones.
    package let keepsClassicHistograms: Bool
    /// Whether native histograms are taken.
    package let takesNativeHistograms: Bool

    /// The address of the exposition: scheme, host, path and encoded query.
    package var url: String {
        let path = metricsPath.isEmpty || metricsPath.hasPrefix("/") ? metricsPath : "/" + metricsPath
        let encodedPath = PercentEncoding.encode(path, keeping: PercentEncoding.path)
        guard !parameters.isEmpty else { return "\(scheme)://\(address)\(encodedPath)" }
        let query = parameters.flatMap { parameter in
            parameter.values.map { value in
                PercentEncoding.encodeQuery(parameter.name) + "=" + PercentEncoding.encodeQuery(value)
            }
        }
        return "\(scheme)://\(address)\(encodedPath)?\(query.joined(separator: "&"))"
    }
}

/// A query parameter with its values.
package struct QueryParameter: Sendable, Hashable {
    /// The name.
    package var name: String
    /// The values, in order.
    package var values: [String]

    /// A parameter.
    package init(name: String, values: [String]) {
        self.name = name
        self.values = values
    }
}

/// What becomes of one target of a group.
package enum TargetOutcome: Sendable, Hashable {
    /// It is scraped.
    case active(ResolvedTarget)
    /// Relabelling dropped it; the labels are those before relabelling.
    case dropped(discoveredLabels: LabelSet)
    /// It cannot be scraped; the labels are those before relabelling.
    case failed(discoveredLabels: LabelSet, TargetError)
}

/// Why a target cannot be scraped; the words are Prometheus'.
package enum TargetError: Error, Hashable, Sendable, CustomStringConvertible {
    case missingAddress
    case invalidAddress(String)
    case invalidInterval(String)
    case invalidTimeout(String)
    case zeroInterval
    case zeroTimeout
    case timeoutExceedsInterval(timeout: String, interval: String)
    case invalidScheme(String)
    case invalidFlag(label: String, value: String)

    package var description: String {
        switch self {
        case .missingAddress: "no address"
        case .invalidAddress(let address): "\(QuotedText.quoted(address)) is not a valid hostname"
        case .invalidInterval(let reason): "error parsing scrape interval: \(reason)"
        case .invalidTimeout(let reason): "error parsing scrape timeout: \(reason)"
        case .zeroInterval: "scrape interval cannot be 0"
        case .zeroTimeout: "scrape timeout cannot be 0"
        case .timeoutExceedsInterval(let timeout, let interval):
            "scrape timeout cannot be greater than scrape interval "
                + "(\(QuotedText.quoted(timeout)) > \(QuotedText.quoted(interval)))"
        case .invalidScheme(let scheme): "invalid scheme: \(QuotedText.quoted(scheme)); use http or https"
        case .invalidFlag(let label, let value):
            "label \(label) must be true or false, not \(QuotedText.quoted(value))"
        }
    }
}

/// Turns discovered targets into scraped ones: fills in the job's defaults, relabels, checks, removes internal labels.
///
/// Source: the behaviour of Prometheus 3, which adds no port to an address.
package struct TargetBuilder: Sendable {
    private let configuration: ScrapeConfiguration

    /// A builder for the targets of one job.
    package init(_ configuration: ScrapeConfiguration) {
        self.configuration = configuration
    }

    /// What becomes of each target of a group, in the group's order.
    package func outcomes(of group: TargetGroup) -> [TargetOutcome] {
        group.targets.map { outcome(of: $0, sharing: group.labels) }
    }

    /// What becomes of one target with the labels of its group.
    package func outcome(of target: LabelSet, sharing shared: LabelSet) -> TargetOutcome {
        var labels = discoveredLabels(of: target, sharing: shared)
        let discovered = labels.labelSet()
        guard configuration.relabelRules.relabel(&labels) else { return .dropped(discoveredLabels: discovered) }
        do throws(TargetError) {
            return .active(try resolve(&labels, discovered: discovered))
        } catch {
            return .failed(discoveredLabels: discovered, error)
        }
    }

    /// The labels before relabelling.
    private func discoveredLabels(of target: LabelSet, sharing shared: LabelSet) -> LabelSetBuilder {
        var labels = LabelSetBuilder(shared)
        for label in target.labels { labels.set(label.name, to: label.value) }
        let defaults = [
            (TargetLabel.job, configuration.jobName),
            (TargetLabel.scrapeInterval, DurationText.string(configuration.scrapeInterval)),
            (TargetLabel.scrapeTimeout, DurationText.string(configuration.scrapeTimeout)),
            (TargetLabel.metricsPath, configuration.metricsPath),
            (TargetLabel.scheme, configuration.scheme),
            (TargetLabel.convertsClassicHistograms, "\(configuration.convertsClassicHistograms)"),
            (TargetLabel.keepsClassicHistograms, "\(configuration.keepsClassicHistograms)"),
            (TargetLabel.takesNativeHistograms, "\(configuration.takesNativeHistograms)"),
        ]
        for (name, value) in defaults where labels[name] == nil { labels.set(name, to: value) }
        for parameter in configuration.parameters {
            guard let value = parameter.values.first else { continue }
            let name = TargetLabel.parameterPrefix + parameter.name
            if labels[name] == nil { labels.set(name, to: value) }
        }
        return labels
    }

    private func resolve(
        _ labels: inout LabelSetBuilder, discovered: LabelSet
    ) throws(TargetError) -> ResolvedTarget {
        guard let address = labels[TargetLabel.address] else { throw .missingAddress }
        guard !address.utf8.contains(UInt8(ascii: "/")) else { throw .invalidAddress(address) }
        let scheme = labels[TargetLabel.scheme] ?? "http"
        guard scheme == "http" || scheme == "https" else { throw .invalidScheme(scheme) }
        let (interval, timeout) = try times(labels)
        let resolved = (
            converts: try flag(labels, TargetLabel.convertsClassicHistograms),
            keeps: try flag(labels, TargetLabel.keepsClassicHistograms),
            takes: try flag(labels, TargetLabel.takesNativeHistograms)
        )
        let metricsPath = labels[TargetLabel.metricsPath] ?? ""
        let parameters = parameters(labels)
        if labels[TargetLabel.instance] == nil { labels.set(TargetLabel.instance, to: address) }
        labels.filter { !$0.name.hasPrefix(TargetLabel.reservedPrefix) }
        return ResolvedTarget(
            discoveredLabels: discovered, labels: labels.labelSet(), address: address, scheme: scheme,
            metricsPath: metricsPath, parameters: parameters, interval: interval, timeout: timeout,
            convertsClassicHistograms: resolved.converts, keepsClassicHistograms: resolved.keeps,
            takesNativeHistograms: resolved.takes)
    }

    private func times(_ labels: LabelSetBuilder) throws(TargetError) -> (interval: Int64, timeout: Int64) {
        let intervalText = labels[TargetLabel.scrapeInterval] ?? ""
        let timeoutText = labels[TargetLabel.scrapeTimeout] ?? ""
        let interval: Int64
        let timeout: Int64
        do {
            interval = try DurationText.parse(intervalText)
        } catch {
            throw .invalidInterval("\(error)")
        }
        guard interval > 0 else { throw .zeroInterval }
        do {
            timeout = try DurationText.parse(timeoutText)
        } catch {
            throw .invalidTimeout("\(error)")
        }
        guard timeout > 0 else { throw .zeroTimeout }
        guard timeout <= interval else {
            throw .timeoutExceedsInterval(timeout: timeoutText, interval: intervalText)
        }
        return (interval, timeout)
    }

    private func flag(_ labels: LabelSetBuilder, _ name: String) throws(TargetError) -> Bool {
        switch labels[name] {
        case "true": return true
        case "false", nil: return false
        case .some(let value): throw .invalidFlag(label: name, value: value)
        }
    }

    /// The job's parameters with the first value of each replaced by the label that relabelling left.
    private func parameters(_ labels: LabelSetBuilder) -> [QueryParameter] {
        var parameters = configuration.parameters
        for label in labels.currentLabels where label.name.hasPrefix(TargetLabel.parameterPrefix) {
            let name = String(label.name.dropFirst(TargetLabel.parameterPrefix.count))
            if let index = parameters.firstIndex(where: { $0.name == name }) {
                if parameters[index].values.isEmpty {
                    parameters[index].values = [label.value]
                } else {
                    parameters[index].values[0] = label.value
                }
            } else {
                parameters.append(QueryParameter(name: name, values: [label.value]))
            }
        }
        return parameters.sorted { $0.name < $1.name }
    }
}
