import ApusBytes
import Glibc

/// Numbers as people read them.
enum ShortNumber {
    /// At most six significant digits.
    static func text(_ value: Double) -> String {
        guard value.isFinite, value != 0 else { return NumberText.string(value, .json) }
        let scale = pow(10, 5 - log10(value.magnitude).rounded(.down))
        let rounded = (value * scale).rounded() / scale
        return NumberText.string(rounded.isFinite ? rounded : value, .json)
    }

    /// Bytes with a binary unit: `5.6 KiB`.
    static func bytes(_ count: Int) -> String {
        var value = Double(count)
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value.magnitude < 1_024 { return "\(tenths(value)) \(unit)" }
            value /= 1_024
        }
        return "\(tenths(value)) TiB"
    }

    /// Nanoseconds with the unit that fits: `120 µs`.
    static func duration(nanoseconds: Int) -> String {
        var value = Double(nanoseconds)
        for unit in ["ns", "µs", "ms"] {
            if value < 1_000 { return "\(tenths(value)) \(unit)" }
            value /= 1_000
        }
        return "\(tenths(value)) s"
    }

    private static func tenths(_ value: Double) -> String {
        NumberText.string((value * 10).rounded() / 10, .json)
    }
}
