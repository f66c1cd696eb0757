import ApusPromQL
import Synchronization

/// What one node of a query did, counted from all threads while the query is evaluated for an explanation.
final class NodeFigures: Sendable {
    private let figures = Mutex(Figures())

    /// The counts.
    struct Figures: Sendable {
        /// How often the node was opened.
        var openings = 0
        var seriesSelected = 0
        /// Series that the node has, whether or not they have a value.
        var seriesKnown = 0
        /// Series that had a value at some step.
        var seriesOut = 0
        var samplesRead = 0
        var samplesOut = 0
        var bytes = 0
        var nanoseconds = 0
        var hasHistograms = false
        var isConstant = false
        /// The spread of the samples of the first series with two or more: first and last time, and their number.
        var spacing: (first: Int64, last: Int64, count: Int)?
    }

    /// The counts so far.
    var current: Figures { figures.withLock { $0 } }

    /// Changes the counts.
    func update(_ body: (inout Figures) -> Void) {
        figures.withLock { body(&$0) }
    }

    /// Counts bytes that were held.
    func addBytes(_ bytes: Int) { update { $0.bytes &+= bytes } }

    /// Counts samples that were read from storage.
    func addRead(_ count: Int) { update { $0.samplesRead &+= count } }

    /// Counts series that were selected.
    func addSelected(_ count: Int) { update { $0.seriesSelected &+= count } }

    /// Counts processor time in nanoseconds.
    func addTime(_ nanoseconds: Int) { update { $0.nanoseconds &+= nanoseconds } }
}

/// The figures of all nodes of one query, found by where a node stands in the text.
final class Recorder: Sendable {
    private let nodes: Mutex<[SourceRange: NodeFigures]>

    init() {
        nodes = Mutex([:])
    }

    /// The figures of the node with a range, made when they are asked for first.
    func figures(of range: SourceRange) -> NodeFigures {
        nodes.withLock { nodes in
            if let known = nodes[range] { return known }
            let figures = NodeFigures()
            nodes[range] = figures
            return figures
        }
    }
}
