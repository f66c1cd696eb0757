/// A whole configuration: read, checked, with defaults filled in and names of files resolved.
package struct Configuration: Sendable {
    /// What jobs and rules inherit.
    package var global = GlobalConfiguration()
    /// The share of memory that Go's collector may grow by; read and shown only, there is no such collector here.
    package var gogc = 75
    /// Patterns of files with rules.
    package var ruleFiles: [String] = []
    /// Patterns of files with more scrape configurations.
    package var scrapeConfigFiles: [String] = []
    /// All jobs: those of the file first, then those of `scrapeConfigFiles`.
    package var scrapeConfigurations: [ScrapeConfiguration] = []
    /// What is kept, and how.
    package var storage: StorageConfiguration?
    /// What was accepted but has no effect in this version.
    package var warnings: [ConfigurationWarning] = []

    /// Sections that are shown but not acted on, by name.
    var retained: [String: [RetainedSection]] = [:]
    /// How many of `scrapeConfigurations` stand in the main file.
    var mainScrapeConfigurationCount = 0

    /// The configuration of an empty file.
    package init() {}

    /// A configuration that only scrapes `jobs`.
    package init(jobs: [ScrapeConfiguration]) {
        scrapeConfigurations = jobs
        mainScrapeConfigurationCount = jobs.count
    }
}
