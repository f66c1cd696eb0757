import ApusModel

/// Every field of /proc/meminfo.
struct MemoryCollector: HostCollector {
    let name = "meminfo"

    /// What a field is told as, by its name, which a unit always or never follows.
    private let fields = TextMemory<FamilyHeading>()

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        try reader.load(host.procfs, "meminfo")
        var cursor = FieldCursor(reader.text)
        var found = false
        while cursor.nextLine() {
            guard let key = cursor.field(before: UInt8(ascii: ":")), let value = cursor.nextInteger() else { continue }
            found = true
            // Sizes are in kibibytes and say so; numbers of pages have no unit.
            let isSize = cursor.nextField() != nil
            let family = fields.value(of: key, in: cursor) { key in
                let name = Self.metricName(key) + (isSize ? "_bytes" : "")
                return FamilyHeading(.gauge, "node_memory_\(name)", "Memory information field \(name).")
            }
            samples.append(isSize ? Double(value) * 1_024 : Double(value), to: samples.family(family))
        }
        if !found { throw .malformed(path: reader.lastPath, reason: "no field was found") }
    }

    /// `Active(anon)` becomes `Active_anon`.
    private static func metricName(_ key: String) -> String {
        var name = ""
        for character in key.unicodeScalars {
            switch character {
            case "a"..."z", "A"..."Z", "0"..."9", "_": name.unicodeScalars.append(character)
            case ")": break
            default: name += "_"
            }
        }
        return name
    }
}
