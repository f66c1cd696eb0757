import ApusModel

extension DiscoveryConfiguration {
    /// Takes all `*_sd_configs` and `static_configs` of a section, in the order of their names.
    static func readAll(
        _ reader: inout FieldReader, context: inout LoadContext
    ) throws(ConfigurationError) -> [DiscoveryConfiguration] {
        var result: [DiscoveryConfiguration] = []
        for key in SectionSchema.discovery.keys.sorted() {
            guard let schema = SectionSchema.discovery[key], let node = reader.value(key) else { continue }
            for element in try node.elements(expected: "[]*\(schema.name)") {
                guard !element.isNull else { throw .invalid(element.position, "empty or null section in \(key)") }
                let section = try RetainedSection(element, schema: schema, context: &context)
                result.append(.retained(key: key, section))
                context.warn("\(key) is not acted on by this version; it finds no targets", at: element.position)
            }
        }
        for element in try reader.elements("dns_sd_configs") ?? [] {
            guard !element.isNull else { throw .invalid(element.position, "empty or null section in dns_sd_configs") }
            result.append(.dns(try DNSDiscoveryConfiguration(element)))
        }
        for element in try reader.elements("file_sd_configs") ?? [] {
            guard !element.isNull else { throw .invalid(element.position, "empty or null section in file_sd_configs") }
            result.append(.files(try FileDiscoveryConfiguration(element, context: context)))
        }
        if let node = reader.value("static_configs") {
            result.append(
                .fixed(
                    try TargetGroup.readList(
                        node, sourcePrefix: "", scheme: context.nameValidation,
                        nullMessage: "empty or null section in static_configs")))
        }
        return result
    }

    /// Refuses addresses of whole pages, as `http://host`, where no relabelling could change them.
    static func checkFixedAddresses(
        _ configurations: [DiscoveryConfiguration], at position: SourcePosition
    ) throws(ConfigurationError) {
        for case .fixed(let groups) in configurations {
            for group in groups {
                for target in group.targets {
                    guard let address = target[TargetLabel.address], address.utf8.contains(UInt8(ascii: "/")) else {
                        continue
                    }
                    throw .invalid(
                        position,
                        "\(QuotedText.quoted(address)) is not a valid hostname; write host:port, and scheme and "
                            + "metrics_path as fields of their own")
                }
            }
        }
    }
}
