/// Numbers of bytes as people read them.
enum ByteCountText {
    /// `512 bytes`, `1.5 MiB`, `50.2 GiB`.
    static func string(_ count: Int) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        guard count >= 1_024 else { return count == 1 ? "1 byte" : "\(count) bytes" }
        var value = Double(count) / 1_024
        var unit = 0
        while value >= 1_023.95, unit + 1 < units.count {
            value /= 1_024
            unit += 1
        }
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10) \(units[unit])" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
