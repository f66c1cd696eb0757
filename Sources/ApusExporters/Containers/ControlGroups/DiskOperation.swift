/// What a disk did, as control groups distinguish it.
enum DiskOperation: Int, CaseIterable {
    case read
    case write
    case sync
    case async
    case discard
    case total

    /// The label of cAdvisor, and the word in files of version 1.
    var name: StaticString {
        switch self {
        case .read: "Read"
        case .write: "Write"
        case .sync: "Sync"
        case .async: "Async"
        case .discard: "Discard"
        case .total: "Total"
        }
    }

    /// The operation of a word, whatever its case: engines write it in both.
    init?(_ word: some StringProtocol) {
        let word = word.lowercased()
        guard let found = Self.allCases.first(where: { "\($0.name)".lowercased() == word }) else { return nil }
        self = found
    }
}

/// Counts by operation; `nil` where nothing tells.
struct DiskCounts: Sendable, Equatable {
    private var counts: [UInt64?] = []

    init() {}

    /// The count of an operation.
    subscript(_ operation: DiskOperation) -> UInt64? {
        get { operation.rawValue < counts.count ? counts[operation.rawValue] : nil }
        set {
            if counts.isEmpty { counts = Array(repeating: nil, count: DiskOperation.allCases.count) }
            counts[operation.rawValue] = newValue
        }
    }
}

/// The two numbers of a device, such as `8:0`.
enum DeviceNumber {
    /// Reads them from a field; `nil` where it has another form.
    static func read(_ field: Range<Int>, in cursor: borrowing FieldCursor) -> (major: UInt64, minor: UInt64)? {
        for index in field where cursor.byte(at: index) == UInt8(ascii: ":") {
            guard let major = cursor.integer(field.lowerBound..<index),
                let minor = cursor.integer(index + 1..<field.upperBound)
            else { return nil }
            return (major, minor)
        }
        return nil
    }
}
