/// The names of block devices by their numbers, from /proc/diskstats.
struct DeviceNames {
    private struct Key: Hashable {
        let major: UInt64
        let minor: UInt64
    }

    private static let limit = 4_096
    private var names: [Key: String] = [:]
    /// Whether the file was read since `beginScrape()`.
    private var isFresh = false

    /// Allows the file to be read again, should a number be unknown.
    mutating func beginScrape() { isFresh = false }

    /// `/dev/sda`, or empty for a device without a name.
    mutating func name(
        major: UInt64, minor: UInt64, _ procfs: FolderPath, _ reader: inout FileReader
    ) -> String {
        let key = Key(major: major, minor: minor)
        if let name = names[key] { return name }
        guard !isFresh else { return "" }
        isFresh = true
        // Without the file devices have no names.
        if (try? reader.loadIfPresent(procfs, "diskstats")) == true {
            names = [:]
            var cursor = FieldCursor(reader.text)
            while cursor.nextLine(), names.count < Self.limit {
                guard let major = cursor.nextInteger(), let minor = cursor.nextInteger(), let name = cursor.nextField()
                else { continue }
                names[Key(major: major, minor: minor)] = "/dev/" + cursor.string(name)
            }
        }
        return names[key] ?? ""
    }
}
