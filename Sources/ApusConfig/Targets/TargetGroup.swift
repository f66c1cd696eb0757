package import ApusModel

/// Targets that a discovery source gave together, with the labels they share.
package struct TargetGroup: Sendable, Hashable {
    /// What the group came from, unique within one discovery; a later group with the same source replaces it.
    package var source: String
    /// The targets' own labels; each has `__address__`.
    package var targets: [LabelSet]
    /// The labels that all targets share; a target's own label wins.
    package var labels: LabelSet

    /// A group of targets.
    package init(source: String, targets: [LabelSet], labels: LabelSet = .empty) {
        self.source = source
        self.targets = targets
        self.labels = labels
    }

    /// A group of addresses.
    package init(source: String, addresses: [String], labels: LabelSet = .empty) {
        self.init(
            source: source,
            targets: addresses.map { LabelSet(CollectionOfOne(Label(name: TargetLabel.address, value: $0))) },
            labels: labels)
    }
}

/// Names of the labels that say how a target is scraped.
package enum TargetLabel {
    /// Host and port.
    package static let address = "__address__"
    /// `http` or `https`.
    package static let scheme = "__scheme__"
    /// The path of the exposition.
    package static let metricsPath = "__metrics_path__"
    /// Before the name of a query parameter.
    package static let parameterPrefix = "__param_"
    /// The time between two scrapes, as text.
    package static let scrapeInterval = "__scrape_interval__"
    /// The longest time that a scrape may take, as text.
    package static let scrapeTimeout = "__scrape_timeout__"
    /// `true` when classic histograms become native ones.
    package static let convertsClassicHistograms = "__convert_classic_histograms_to_nhcb__"
    /// `true` when classic histograms are kept beside native ones.
    package static let keepsClassicHistograms = "__always_scrape_classic_histograms__"
    /// `true` when native histograms are taken.
    package static let takesNativeHistograms = "__scrape_native_histograms__"
    /// Before the names that discovery gives; removed after relabelling.
    package static let metaPrefix = "__meta_"
    /// Before all names that are not stored.
    package static let reservedPrefix = "__"
    /// The job.
    package static let job = "job"
    /// The instance.
    package static let instance = "instance"
}
