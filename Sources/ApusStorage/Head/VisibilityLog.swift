/// Remembers which samples were appended after the open queriers were opened, so that each sees all or nothing of a batch.
///
/// A querier sees the batches up to the sequence number at which it was opened. While none is open nothing is remembered; otherwise
/// the first sample that a series takes after the newest querier was opened leaves one entry, so that the size is at most the
/// number of open queriers times that of series.
struct VisibilityLog {
    /// A series' number of samples before a batch.
    private struct Entry {
        var sequence: UInt64
        var totalBefore: UInt32
        /// The position of the series' entry before this one, or -1.
        var previous: Int
    }

    private var entries: [Entry] = []
    /// The position of `entries[0]`; positions below it are forgotten.
    private var base = 0
    private var open: [UInt64: (sequence: UInt64, epoch: UInt64)] = [:]
    private var newestOpen: UInt64?

    /// Whether any querier is open.
    var hasOpenQueriers: Bool { newestOpen != nil }

    /// Notes that a querier that sees batches up to `sequence` was opened in `epoch`.
    mutating func open(id: UInt64, sequence: UInt64, epoch: UInt64) {
        open[id] = (sequence, epoch)
        newestOpen = max(newestOpen ?? 0, sequence)
    }

    /// Notes that a querier was released.
    mutating func close(id: UInt64) {
        open[id] = nil
        newestOpen = open.values.map(\.sequence).max()
        guard let oldest = open.values.map(\.sequence).min() else {
            base += entries.count
            entries = []
            return
        }
        var seenByAll = 0
        while seenByAll < entries.count, entries[seenByAll].sequence <= oldest { seenByAll += 1 }
        // Moving the rest is worth it only when it is the smaller part.
        if seenByAll * 2 > entries.count {
            entries.removeFirst(seenByAll)
            base += seenByAll
        }
    }

    /// Whether a querier opened before `epoch` is still open.
    func isOpen(before epoch: UInt64) -> Bool {
        open.values.contains { $0.epoch < epoch }
    }

    /// Notes that the batch `sequence` adds to a series of `total` samples whose newest entry is at `newest`.
    ///
    /// - Returns: the position of the series' newest entry afterwards.
    @inline(__always)
    mutating func note(sequence: UInt64, total: UInt32, newest: Int) -> Int {
        guard let newestOpen else { return newest }
        if newest >= base, entries[newest - base].sequence > newestOpen { return newest }
        entries.append(Entry(sequence: sequence, totalBefore: total, previous: newest))
        return base + entries.count - 1
    }

    /// How many of a series' `total` samples a querier sees that was opened at `sequence`.
    func visibleTotal(at sequence: UInt64, total: UInt32, newest: Int) -> UInt32 {
        var visible = total
        var position = newest
        while position >= base {
            let entry = entries[position - base]
            if entry.sequence <= sequence { break }
            visible = entry.totalBefore
            position = entry.previous
        }
        return visible
    }
}
