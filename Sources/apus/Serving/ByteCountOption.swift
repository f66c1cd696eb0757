import ArgumentParser

/// A number of bytes on the command line: `512MB`, `1GiB`, `1073741824`; as with the peers, units are powers of 1024.
struct ByteCountOption: ExpressibleByArgument, Sendable {
    private static let units = ["B", "KB", "MB", "GB", "TB", "PB"]

    let bytes: Int

    init(bytes: Int) {
        self.bytes = bytes
    }

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        let unit = argument.dropFirst(digits.count).uppercased().replacing("I", with: "")
        guard let number = Int(digits), let power = unit.isEmpty ? 0 : Self.units.firstIndex(of: unit) else {
            return nil
        }
        let (bytes, overflows) = number.multipliedReportingOverflow(by: 1 << (10 * power))
        guard !overflows else { return nil }
        self.bytes = bytes
    }

    /// The number with the largest unit that leaves a whole number.
    var defaultValueDescription: String {
        var power = 0
        while power + 1 < Self.units.count, bytes >= 1 << (10 * (power + 1)), bytes % (1 << (10 * (power + 1))) == 0 {
            power += 1
        }
        return "\(bytes >> (10 * power))\(Self.units[power])"
    }
}
