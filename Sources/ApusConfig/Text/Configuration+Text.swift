import ApusBytes
import ApusModel

extension Configuration {
    /// The configuration as YAML: defaults filled in, secrets as `<secret>`, in the order of `/api/v1/status/config`.
    ///
    /// Sections that have no effect in this version are shown as they were written.
    package var text: String {
        var fields = ShownFields()
        fields.add("global", global.shown)
        fields.add("runtime", .mapping([ShownValue.Field("gogc", .plain("\(gogc)"))]))
        if let alerting = retained["alerting"]?.first { fields.add("alerting", .mapping(alerting.shown)) }
        fields.addUnlessEmpty("rule_files", ruleFiles)
        fields.addUnlessEmpty("scrape_config_files", scrapeConfigFiles)
        fields.addUnlessEmpty(
            "scrape_configs", values: scrapeConfigurations.prefix(mainScrapeConfigurationCount).map(\.shown))
        if let storage { fields.addUnlessEmpty("storage", storage.shown) }
        if let tracing = retained["tracing"]?.first { fields.add("tracing", .mapping(tracing.shown)) }
        for name in ["remote_write", "remote_read"] {
            fields.addUnlessEmpty(name, values: (retained[name] ?? []).map { .mapping($0.shown) })
        }
        fields.add("otlp", otlpShown)
        return YAMLWriter.write(fields.value)
    }

    private var otlpShown: ShownValue {
        let written = retained["otlp"]?.first?.shown ?? []
        let defaults = [
            ShownValue.Field("translation_strategy", .text("UnderscoreEscapingWithSuffixes")),
            ShownValue.Field("label_name_underscore_sanitization", .flag(true)),
            ShownValue.Field("label_name_preserve_multiple_underscores", .flag(true)),
        ]
        let fields = SectionSchema.otlp.fields.compactMap { known in
            written.first { $0.name == known.name } ?? defaults.first { $0.name == known.name }
        }
        return .mapping(fields)
    }
}

extension GlobalConfiguration {
    fileprivate var shown: ShownValue {
        var fields = ShownFields()
        fields.addUnlessZero("scrape_interval", duration: scrapeInterval)
        fields.addUnlessZero("scrape_timeout", duration: scrapeTimeout)
        fields.addUnlessEmpty("scrape_protocols", (scrapeProtocols ?? []).map(\.rawValue))
        fields.addUnlessZero("evaluation_interval", duration: evaluationInterval)
        fields.addUnlessZero("rule_query_offset", duration: ruleQueryOffset)
        fields.addUnlessEmpty("query_log_file", queryLogFile)
        fields.addUnlessEmpty("scrape_failure_log_file", scrapeFailureLogFile)
        fields.addUnlessEmpty("external_labels", externalLabels.shown)
        fields.add(limits.shown.fields)
        fields.add("metric_name_validation_scheme", .text(nameValidation.rawValue))
        if let nameEscaping { fields.add("metric_name_escaping_scheme", .text(nameEscaping.rawValue)) }
        fields.add("scrape_native_histograms", .flag(takesNativeHistograms))
        fields.addUnlessFalse("convert_classic_histograms_to_nhcb", convertsClassicHistograms)
        fields.addUnlessFalse("always_scrape_classic_histograms", keepsClassicHistograms)
        fields.add("extra_scrape_metrics", .flag(storesExtraMetrics))
        return fields.value
    }
}

extension ScrapeLimits {
    fileprivate var shown: ShownFields {
        var fields = ShownFields()
        fields.addUnlessZero("body_size_limit", size: bodySize)
        fields.addUnlessZero("sample_limit", samples)
        fields.addUnlessZero("target_limit", targets)
        fields.addUnlessZero("label_limit", labels)
        fields.addUnlessZero("label_name_length_limit", labelNameLength)
        fields.addUnlessZero("label_value_length_limit", labelValueLength)
        fields.addUnlessZero("keep_dropped_targets", keptDroppedTargets)
        return fields
    }
}

extension ScrapeConfiguration {
    fileprivate var shown: ShownValue {
        var fields = ShownFields()
        fields.add("job_name", .text(jobName))
        fields.addUnlessFalse("honor_labels", honorsLabels)
        fields.add("honor_timestamps", .flag(honorsTimestamps))
        fields.add("track_timestamps_staleness", .flag(tracksTimestampStaleness))
        if !parameters.isEmpty {
            fields.add("params", .mapping(parameters.map { ShownValue.Field($0.name, .texts($0.values)) }))
        }
        fields.addUnlessZero("scrape_interval", duration: scrapeInterval)
        fields.addUnlessZero("scrape_timeout", duration: scrapeTimeout)
        fields.addUnlessEmpty("scrape_protocols", scrapeProtocols.map(\.rawValue))
        fields.addUnlessEmpty("fallback_scrape_protocol", fallbackScrapeProtocol?.rawValue ?? "")
        fields.add("scrape_native_histograms", .flag(takesNativeHistograms))
        fields.add("always_scrape_classic_histograms", .flag(keepsClassicHistograms))
        fields.add("convert_classic_histograms_to_nhcb", .flag(convertsClassicHistograms))
        fields.addUnlessEmpty("scrape_failure_log_file", scrapeFailureLogFile)
        fields.addUnlessEmpty("metrics_path", metricsPath)
        fields.addUnlessEmpty("scheme", scheme)
        fields.add("enable_compression", .flag(asksForCompression))
        fields.add(limits.shown.fields)
        fields.addUnlessZero("native_histogram_bucket_limit", nativeHistogramBucketLimit)
        if nativeHistogramMinBucketFactor != 0 {
            fields.add(
                "native_histogram_min_bucket_factor",
                .plain(NumberText.string(nativeHistogramMinBucketFactor, .plain)))
        }
        fields.add("metric_name_validation_scheme", .text(nameValidation.rawValue))
        fields.add("metric_name_escaping_scheme", .text(nameEscaping.rawValue))
        fields.add("extra_scrape_metrics", .flag(storesExtraMetrics))
        fields.add(http.shown)
        fields.addUnlessEmpty("relabel_configs", values: relabelRules.map(\.shown))
        fields.addUnlessEmpty("metric_relabel_configs", values: metricRelabelRules.map(\.shown))
        fields.add(DiscoveryConfiguration.shown(discovery))
        return fields.value
    }
}

extension StorageConfiguration {
    fileprivate var shown: ShownFields {
        var tsdb = ShownFields()
        if let outOfOrderTimeWindow {
            tsdb.addUnlessZero("out_of_order_time_window", duration: outOfOrderTimeWindow)
        }
        if let threshold = staleSeriesCompactionThreshold {
            tsdb.add("stale_series_compaction_threshold", .plain(NumberText.string(threshold, .plain)))
        }
        if let floatEncoding {
            tsdb.add("chunk_encoding", .mapping([ShownValue.Field("floats", .text(floatEncoding.rawValue))]))
        }
        if let retention {
            var kept = ShownFields()
            kept.addUnlessZero("time", duration: retention.time ?? 0)
            kept.addUnlessZero("size", size: retention.size ?? 0)
            if let percentage = retention.percentage, percentage > 0 {
                kept.add("percentage", .plain(NumberText.string(percentage, .plain)))
            }
            kept.addUnlessEmpty("rules", values: retention.rules.map(\.shown))
            tsdb.addUnlessEmpty("retention", kept)
        }
        if let limits { tsdb.addUnlessEmpty("limits", limits.shown) }
        tsdb.addUnlessEmpty("rollups", values: rollups.map(\.shown))
        var fields = ShownFields()
        fields.addUnlessEmpty("tsdb", tsdb)
        if let maxExemplars {
            fields.add("exemplars", .mapping([ShownValue.Field("max_exemplars", .plain("\(maxExemplars)"))]))
        }
        return fields
    }
}

extension RetentionRuleConfiguration {
    fileprivate var shown: ShownValue {
        var fields = ShownFields()
        fields.add("match", .text(match.text))
        fields.addUnlessZero("time", duration: time)
        return fields.value
    }
}

extension RollupConfiguration {
    fileprivate var shown: ShownValue {
        var fields = ShownFields()
        fields.addUnlessZero("resolution", duration: resolution)
        fields.add("after", .plain(DurationText.string(after)))
        if let keep { fields.addUnlessZero("keep", duration: keep) }
        if let match { fields.add("match", .text(match.text)) }
        return fields.value
    }
}

extension LabelSet {
    fileprivate var shown: ShownFields {
        var fields = ShownFields()
        for label in labels { fields.add(label.name, .text(label.value)) }
        return fields
    }
}

extension DiscoveryConfiguration {
    /// The sections of a job, each mechanism's entries under its key, the keys in order.
    static func shown(_ configurations: [DiscoveryConfiguration]) -> [ShownValue.Field] {
        var entries: [String: [ShownValue]] = [:]
        for configuration in configurations {
            switch configuration {
            case .fixed(let groups), .answering(let groups):
                entries["static_configs", default: []] += groups.map(\.shown)
            case .files(let files): entries["file_sd_configs", default: []].append(files.shown)
            case .dns(let dns): entries["dns_sd_configs", default: []].append(dns.shown)
            case .retained(let key, let section): entries[key, default: []].append(.mapping(section.shown))
            }
        }
        return entries.keys.sorted().map { ShownValue.Field($0, .list(entries[$0] ?? [])) }
    }
}

extension TargetGroup {
    fileprivate var shown: ShownValue {
        var fields = ShownFields()
        fields.add("targets", .texts(targets.map { $0[TargetLabel.address] ?? "" }))
        fields.addUnlessEmpty("labels", labels.shown)
        return fields.value
    }
}

extension FileDiscoveryConfiguration {
    fileprivate var shown: ShownValue {
        var fields = ShownFields()
        fields.add("files", .texts(patterns))
        fields.addUnlessZero("refresh_interval", duration: refreshInterval)
        return fields.value
    }
}

extension DNSDiscoveryConfiguration {
    fileprivate var shown: ShownValue {
        var fields = ShownFields()
        fields.add("names", .texts(names))
        fields.addUnlessZero("refresh_interval", duration: refreshInterval)
        fields.add("type", .text(recordType.rawValue))
        fields.add("port", .plain("\(port)"))
        return fields.value
    }
}
