import ApusModel

extension Configuration {
    /// Reads, checks and completes a configuration file and the files it includes.
    ///
    /// Blocks while files are read; not for the cooperative pool's hot moments.
    /// - Parameter environment: gives environment variables for external labels.
    package static func load(
        path: String, environment: @escaping @Sendable (String) -> String? = ProcessEnvironment.value
    ) throws(ConfigurationError) -> Configuration {
        let text = try ConfigurationFile.read(path)
        return try parse(text, file: path, environment: environment)
    }

    /// Reads a configuration from its text.
    ///
    /// - Parameter file: the text's file name: errors carry it, and relative names start from its folder.
    package static func parse(
        _ text: [UInt8], file: String,
        environment: @escaping @Sendable (String) -> String? = ProcessEnvironment.value
    ) throws(ConfigurationError) -> Configuration {
        var configuration = Configuration()
        var context = LoadContext(folder: ConfigurationFile.folder(of: file), environment: environment)
        guard let root = try YAMLDocument.parse(text, file: file) else { return configuration }
        var reader = try FieldReader(root, section: "config.plain")
        if let node = reader.value("global") { configuration.global = try GlobalConfiguration(node, context: &context) }
        context.nameValidation = configuration.global.nameValidation
        try configuration.readRuntime(&reader)
        configuration.ruleFiles = try patterns("rule_files", kind: "rule", &reader, context: context)
        configuration.scrapeConfigFiles = try patterns(
            "scrape_config_files", kind: "scrape config", &reader, context: context)
        try configuration.readScrapeConfigurations(&reader, context: &context)
        configuration.mainScrapeConfigurationCount = configuration.scrapeConfigurations.count
        if let node = reader.value("storage") { configuration.storage = try StorageConfiguration(node) }
        try configuration.readRetained(&reader, context: &context)
        try reader.finish()
        try configuration.readScrapeConfigFiles(context: &context)
        configuration.warnAboutGlobal(root, context: &context)
        configuration.warnings = context.warnings
        return configuration
    }

    private mutating func readRuntime(_ reader: inout FieldReader) throws(ConfigurationError) {
        guard let node = reader.value("runtime") else { return }
        var runtime = try FieldReader(node, section: "config.RuntimeConfig")
        if let value = try runtime.integer("gogc"), value != 0 { gogc = value }
        try runtime.finish()
    }

    private static func patterns(
        _ name: String, kind: String, _ reader: inout FieldReader, context: LoadContext
    ) throws(ConfigurationError) -> [String] {
        var result: [String] = []
        for element in try reader.elements(name) ?? [] {
            let pattern = try element.text()
            // Wildcards may stand in the last part only.
            if let star = pattern.firstIndex(of: "*"), pattern[star...].contains("/") {
                throw .invalid(
                    element.position,
                    "invalid \(kind) file path \(QuotedText.quoted(pattern)); a * may stand in the last part only")
            }
            result.append(context.resolve(pattern))
        }
        return result
    }

    // MARK: - Jobs

    private mutating func readScrapeConfigurations(
        _ reader: inout FieldReader, context: inout LoadContext
    ) throws(ConfigurationError) {
        for element in try reader.elements("scrape_configs") ?? [] {
            guard !element.isNull else { throw .invalid(element.position, "empty or null scrape config section") }
            let job = try ScrapeConfiguration(element, global: global, context: &context)
            guard !scrapeConfigurations.contains(where: { $0.jobName == job.jobName }) else {
                throw .invalid(
                    element.position,
                    "found multiple scrape configs with job name \(QuotedText.quoted(job.jobName)); rename one")
            }
            scrapeConfigurations.append(job)
        }
        context.nameValidation = global.nameValidation
    }

    private mutating func readScrapeConfigFiles(context: inout LoadContext) throws(ConfigurationError) {
        let mainFolder = context.folder
        defer { context.folder = mainFolder }
        for pattern in scrapeConfigFiles {
            for path in FilePattern.matches(of: pattern) {
                let text = try ConfigurationFile.read(path)
                guard let root = try YAMLDocument.parse(text, file: path) else { continue }
                context.folder = ConfigurationFile.folder(of: path)
                var reader = try FieldReader(root, section: "config.ScrapeConfigs")
                try readScrapeConfigurations(&reader, context: &context)
                try reader.finish()
            }
        }
    }

    // MARK: - Sections without effect

    private mutating func readRetained(
        _ reader: inout FieldReader, context: inout LoadContext
    ) throws(ConfigurationError) {
        let sections: [(name: String, schema: SectionSchema)] = [
            ("alerting", .alerting), ("tracing", .tracing), ("otlp", .otlp),
        ]
        for (name, schema) in sections {
            guard let node = reader.value(name) else { continue }
            retained[name] = [try RetainedSection(node, schema: schema, context: &context)]
            context.warn("\(name) is not acted on by this version", at: node.position)
            if name == "otlp" { try checkTranslation(node) }
        }
        let lists: [(name: String, schema: SectionSchema, kind: String)] = [
            ("remote_write", .remoteWrite, "remote write"), ("remote_read", .remoteRead, "remote read"),
        ]
        for (name, schema, kind) in lists {
            var names: Set<String> = []
            for element in try reader.elements(name) ?? [] {
                guard !element.isNull else { throw .invalid(element.position, "empty or null \(kind) config section") }
                let section = try RetainedSection(element, schema: schema, context: &context)
                retained[name, default: []].append(section)
                if let name = section.text("name"), !name.isEmpty, !names.insert(name).inserted {
                    throw .invalid(
                        element.position,
                        "found multiple \(kind) configs with job name \(QuotedText.quoted(name))")
                }
                context.warn("\(name) is not acted on by this version", at: element.position)
            }
        }
    }

    private func checkTranslation(_ node: YAMLNode) throws(ConfigurationError) {
        guard let strategy = retained["otlp"]?.first?.text("translation_strategy"), global.nameValidation == .legacy,
            strategy == "NoTranslation" || strategy == "NoUTF8EscapingWithSuffixes"
        else { return }
        throw .invalid(
            node.position,
            "OTLP translation strategy \(QuotedText.quoted(strategy)) is not allowed when UTF8 is disabled")
    }

    private func warnAboutGlobal(_ root: YAMLNode, context: inout LoadContext) {
        if !ruleFiles.isEmpty { context.warn("rule_files are not evaluated by this version", at: root.position) }
        if scrapeConfigurations.contains(where: { !$0.scrapeFailureLogFile.isEmpty }) {
            context.warn("scrape_failure_log_file is not written by this version", at: root.position)
        }
    }
}
