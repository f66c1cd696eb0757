import ApusModel

extension TargetGroup {
    /// Reads one `{targets, labels}` of a configuration or target file.
    init(_ node: YAMLNode, source: String, scheme: NameValidationScheme) throws(ConfigurationError) {
        var reader = try FieldReader(node, section: "struct { Targets []string; Labels model.LabelSet }")
        var addresses: [String] = []
        for element in try reader.elements("targets") ?? [] {
            if case .scalar(let scalar) = element.content, scalar.invalidBytes != nil {
                throw .invalid(element.position, "\(scalar.quoted) is not a valid label value")
            }
            addresses.append(try element.text())
        }
        var labels = LabelSetBuilder()
        if let node = reader.value("labels") {
            for field in try node.entries(expected: "model.LabelSet") {
                let (name, value) = try field.label(scheme: scheme)
                labels.set(name, to: value)
            }
        }
        try reader.finish()
        self.init(source: source, addresses: addresses, labels: labels.labelSet())
    }

    /// Reads a list of groups; their sources are `prefix` and their number.
    static func readList(
        _ node: YAMLNode, sourcePrefix: String, scheme: NameValidationScheme, nullMessage: String
    ) throws(ConfigurationError) -> [TargetGroup] {
        var result: [TargetGroup] = []
        for (index, element) in try node.elements(expected: "[]*targetgroup.Group").enumerated() {
            guard !element.isNull else { throw .invalid(element.position, nullMessage) }
            result.append(try TargetGroup(element, source: "\(sourcePrefix)\(index)", scheme: scheme))
        }
        return result
    }
}

/// Target groups in a file: JSON or YAML, a list of `{targets, labels}`.
package enum TargetGroupFile {
    /// Reads the groups of a file's text.
    ///
    /// Each group's source is `file:number`, and `__meta_filepath` is among its labels.
    /// - Parameter file: the file's name, for sources and errors; JSON is read as the YAML that it is.
    package static func parse(
        _ text: [UInt8], file: String, limits: YAMLLimits = .standard
    ) throws(ConfigurationError) -> [TargetGroup] {
        guard let root = try YAMLDocument.parse(text, file: file, limits: limits) else { return [] }
        var groups = try TargetGroup.readList(
            root, sourcePrefix: "\(file):", scheme: .utf8, nullMessage: "nil target group item found")
        for index in groups.indices {
            var labels = LabelSetBuilder(groups[index].labels)
            labels.set(fileLabel, to: file)
            groups[index].labels = labels.labelSet()
        }
        return groups
    }

    /// The label with the file's name.
    package static let fileLabel = "__meta_filepath"
}
