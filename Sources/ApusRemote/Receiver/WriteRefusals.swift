import ApusModel

/// What of a request could not be stored, gathered for the answer and the metrics.
struct WriteRefusals {
    /// Why samples were refused, in the peers' words and as the label of a metric.
    enum Reason: String, CaseIterable {
        case outOfOrder = "out_of_order"
        case duplicateTimestamp = "duplicate_timestamp"
        case outOfBounds = "out_of_bounds"
        case tooOld = "too_old"
        case tooFarInFuture = "too_far_in_future"
        case invalidHistogram = "invalid_histogram"
        case invalidLabels = "invalid_labels"
        case limit = "series_limit"
        case exemplarLabels = "invalid_exemplar"

        /// Source: Prometheus, `storage.ErrOutOfOrderSample` and those beside it.
        var words: String {
            switch self {
            case .outOfOrder: "out of order sample"
            case .duplicateTimestamp: "duplicate sample for timestamp"
            case .outOfBounds: "out of bounds"
            case .tooOld: "too old sample"
            case .tooFarInFuture: "out of bounds: timestamp is too far in the future"
            case .invalidHistogram: "invalid histogram"
            case .invalidLabels: "invalid metric name or labels"
            case .limit: "series limit"
            case .exemplarLabels: "invalid exemplar labels"
            }
        }
    }

    private struct Entry {
        var count = 0
        var example = ""
    }

    private var entries = [Entry](repeating: Entry(), count: Reason.allCases.count)

    /// Whether nothing was refused that fails a request; an exemplar does not.
    var isEmpty: Bool {
        Reason.allCases.allSatisfy { $0 == .exemplarLabels || self[$0] == 0 }
    }

    /// How many samples were refused for a reason.
    subscript(_ reason: Reason) -> Int { entries[Self.position(of: reason)].count }

    /// Whether nothing was refused for a reason so far.
    func isFirst(_ reason: Reason) -> Bool { self[reason] == 0 }

    /// Counts `count` samples; the first of a reason says by `example` what and where.
    mutating func add(_ reason: Reason, count: Int = 1, example: () -> String) {
        let position = Self.position(of: reason)
        if entries[position].example.isEmpty { entries[position].example = example() }
        entries[position].count += count
    }

    /// The text of the answer: one line for each reason, with the first case and how many more there are.
    var text: String {
        var lines: [String] = []
        for reason in Reason.allCases where reason != .exemplarLabels && self[reason] > 0 {
            let entry = entries[Self.position(of: reason)]
            let more = entry.count > 1 ? " (and \(entry.count - 1) more)" : ""
            lines.append(entry.example + more)
        }
        return lines.joined(separator: "\n")
    }

    private static func position(of reason: Reason) -> Int {
        Reason.allCases.firstIndex(of: reason) ?? 0
    }
}
