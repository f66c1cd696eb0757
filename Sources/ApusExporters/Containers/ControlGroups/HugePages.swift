/// Reads what a control group holds of pages of unusual size.
enum HugePages {
    /// Machines know two or three sizes.
    private static let greatestCount = 16
    private static let events = FieldTable<HugePageUsage>([.init("max", \.failureCount)])

    static func read(
        _ folder: FolderPath, isLegacy: Bool, _ reader: inout FileReader, into usage: inout ContainerUsage
    ) throws(ExporterError) {
        let suffix = isLegacy ? ".usage_in_bytes" : ".current"
        for name in try folder.names() where name.hasPrefix("hugetlb.") && name.hasSuffix(suffix) {
            let size = String(name.dropFirst("hugetlb.".count).dropLast(suffix.count))
            // `rsvd` counts what is only reserved.
            guard !size.contains("."), usage.hugePages.count < greatestCount,
                let bytes = try reader.value(folder, name: name)
            else { continue }
            var pages = HugePageUsage(size: size, usage: bytes)
            if isLegacy {
                pages.highest = try reader.value(folder, name: "hugetlb.\(size).max_usage_in_bytes")
                pages.failureCount = try reader.value(folder, name: "hugetlb.\(size).failcnt")
            } else if try reader.loadIfPresent(folder, name: "hugetlb.\(size).events") {
                events.read(reader.text, into: &pages)
            }
            usage.hugePages.append(pages)
        }
    }
}
