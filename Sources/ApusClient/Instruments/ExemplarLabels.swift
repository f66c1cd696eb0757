import ApusExposition
import ApusModel
import Synchronization

/// The labels of an exemplar: what leads from a number to one of the events behind it, mostly a trace.
///
/// ```swift
/// latency.observe(0.25, exemplar: ["trace_id": "4bf92f3577b34da6"])
/// ```
///
/// Names and values together may have 128 characters (Unicode scalars). Labels that have more, or a name that is empty,
/// reserved (`__`) or there twice, are not kept: the observation counts without an exemplar.
public struct ExemplarLabels: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// The greatest number of characters of all names and values.
    ///
    /// Source: OpenMetrics 1.0, "Exemplars".
    public static let maximumLength = 128

    let labels: [Label]

    /// Labels with the given names and values.
    public init(_ labels: some Sequence<(name: String, value: String)>) {
        self.labels = labels.map { Label(name: $0.name, value: $0.value) }
    }

    /// Labels with the given names and values.
    public init(dictionaryLiteral elements: (String, String)...) {
        labels = elements.map { Label(name: $0.0, value: $0.1) }
    }

    /// Whether the labels can be exposed.
    ///
    /// ```swift
    /// let labels: ExemplarLabels = ["trace_id": "4bf92f3577b34da6"]
    /// print(labels.isValid)
    /// ```
    public var isValid: Bool {
        // Characters are at most bytes, which are counted faster.
        var length = 0
        var byteCount = 0
        for (index, label) in labels.enumerated() {
            guard !label.name.isEmpty, !label.name.hasPrefix("__"), !label.name.utf8.contains(0) else { return false }
            byteCount += label.name.utf8.count + label.value.utf8.count
            // Two names that differ only in characters that become an underscore are one to older scrapers.
            let name = ExpositionText.escaped(label.name, .underscores, allowsColon: false)
            let isTaken = labels[..<index].contains { other in
                ExpositionText.escaped(other.name, .underscores, allowsColon: false) == name
            }
            if isTaken { return false }
        }
        if byteCount <= Self.maximumLength { return true }
        for label in labels { length += label.name.unicodeScalars.count + label.value.unicodeScalars.count }
        return length <= Self.maximumLength
    }
}

/// The exemplars of one instrument: the newest of each bucket, or of a counter the newest.
final class ExemplarCells: Sendable {
    struct Cell: Sendable {
        var labels: ExemplarLabels
        var value: Double
        /// Milliseconds since the epoch.
        var time: Int64

        /// As the exposition writes it.
        var exemplar: Exemplar { Exemplar(labels: LabelSet(labels.labels), value: value, timestamp: time) }
    }

    private let cells: Mutex<[Cell?]>

    init(count: Int) {
        cells = Mutex(Array(repeating: nil, count: count))
    }

    func set(_ index: Int, _ labels: ExemplarLabels, value: Double) {
        let cell = Cell(labels: labels, value: value, time: SystemWallClock().now())
        cells.withLock { cells in if cells.indices.contains(index) { cells[index] = cell } }
    }

    func removeAll() {
        cells.withLock { cells in for index in cells.indices { cells[index] = nil } }
    }

    /// The cells as they are now.
    var all: [Cell?] { cells.withLock { $0 } }
}

/// Exemplar cells that are made when the first exemplar comes: most instruments never get one.
struct LazyExemplars: ~Copyable, Sendable {
    private let reference = AtomicLazyReference<ExemplarCells>()
    private let isUsed = Atomic(false)

    /// Whether there ever was one; looked at first, because the reference costs some tens of nanoseconds to load.
    var areUsed: Bool { isUsed.load(ordering: .relaxed) }

    /// Keeps an exemplar in the cell at `index` of `count`, unless its labels are not valid.
    func set(_ index: Int, of count: Int, _ labels: ExemplarLabels, value: Double) {
        guard labels.isValid else { return }
        let cells = reference.load() ?? reference.storeIfNil(ExemplarCells(count: count))
        cells.set(index, labels, value: value)
        isUsed.store(true, ordering: .relaxed)
    }

    /// The exemplars by cell; empty when there never was one.
    var all: [ExemplarCells.Cell?] { areUsed ? reference.load()?.all ?? [] : [] }

    func removeAll() { reference.load()?.removeAll() }
}
