import ApusBytes
import ApusModel

/// How many series were made and left the head lately, by metric, in bounded memory.
///
/// What happens is counted by minutes; minutes that are over are added up to five minutes and to hours. The windows end with the
/// current minute, so that each is as long as its name says, or up to one of its parts longer.
struct SeriesGrowth: Sendable {
    /// How many series came and went.
    struct Counts: Sendable, Equatable {
        var created = 0
        var gone = 0

        static func += (a: inout Counts, b: Counts) {
            a.created += b.created
            a.gone += b.gone
        }
    }

    /// The counts of a span of time by the number of the metric.
    typealias Part = [UInt32: Counts]

    /// Minutes that are over, added up to parts of one length.
    struct Window: Sendable {
        let minutesPerPart: Int64
        let partCount: Int64
        var parts: [Int64: Part] = [:]

        mutating func add(_ counts: Part, ofMinute minute: Int64) {
            parts[minute / minutesPerPart, default: [:]].merge(counts) { a, b in
                var sum = a
                sum += b
                return sum
            }
        }

        /// Forgets what is no longer in the window that ends with `minute`.
        mutating func trim(to minute: Int64) {
            let first = minute / minutesPerPart - partCount + 1
            if parts.contains(where: { $0.key < first }) { parts = parts.filter { $0.key >= first } }
        }
    }

    /// Beyond so many metrics, those with the fewest series are counted together.
    private static let maximumMetrics = 4_096
    /// Longer names are cut.
    private static let maximumNameLength = 256
    /// Of a store that is opened again and again the newest spans of time count.
    private static let maximumSpans = 256
    /// The name of those.
    private static let others = "(others)"
    private static let minute: Int64 = 60_000
    private static let metricName = Array(LabelSet.metricName.utf8)

    private let clock: any WallClock
    /// When the store was opened.
    private let start: Int64
    /// When it was open before, as far as the longest window reaches; the oldest first.
    private var earlier: [ClosedRange<Int64>] = []
    private var currentMinute: Int64
    private var current: Part = [:]
    private var windows = [
        Window(minutesPerPart: 1, partCount: 5), Window(minutesPerPart: 5, partCount: 12),
        Window(minutesPerPart: 60, partCount: 24),
    ]
    /// By number; the first stands for all that are not counted by themselves.
    private var names = [others]
    private var numbers: [String: UInt32] = [:]
    /// The name that was counted last: the series of a metric come one after the other.
    private var latest: (name: [UInt8], number: UInt32)?

    /// Nothing counted yet.
    init(clock: any WallClock) {
        self.clock = clock
        start = clock.now()
        currentMinute = start / Self.minute
    }

    // MARK: Counting

    /// Counts a series that was made, by the run of its labels.
    ///
    /// `advance` comes before the first of a batch.
    mutating func noteCreated(_ labels: Span<UInt8>) {
        var cursor = LabelCursor(labels)
        while cursor.advance() {
            guard equalBytes(cursor.name, Self.metricName.span) else { continue }
            current[number(of: cursor.value), default: Counts()].created += 1
            return
        }
        current[0, default: Counts()].created += 1
    }

    /// Counts series that leave the head, as `index` still has them.
    mutating func noteGone(_ slots: [UInt32], in index: borrowing HeadIndex) {
        advance()
        let name = index.symbol(of: LabelSet.metricName)
        var counts: [UInt32: Int] = [:]
        var nameless = 0
        for slot in slots {
            if let name, let metric = index.labels.value(of: name, in: slot) {
                counts[metric, default: 0] += 1
            } else {
                nameless += 1
            }
        }
        for (metric, count) in counts {
            let number: UInt32 = index.labels.withText(of: metric) { self.number(of: $0) }
            current[number, default: Counts()].gone += count
        }
        if nameless > 0 { current[0, default: Counts()].gone += nameless }
    }

    /// Ends the minute when it is over; a clock that was set back stays in it.
    mutating func advance() {
        let minute = clock.now() / Self.minute
        guard minute > currentMinute else { return }
        for position in windows.indices {
            if !current.isEmpty { windows[position].add(current, ofMinute: currentMinute) }
            windows[position].trim(to: minute)
        }
        current.removeAll(keepingCapacity: true)
        currentMinute = minute
    }

    private mutating func number(of whole: Span<UInt8>) -> UInt32 {
        let name = whole.extracting(first: Self.maximumNameLength)
        if let latest, equalBytes(latest.name.span, name) { return latest.number }
        let text = String(copying: name)
        if numbers[text] == nil, names.count >= Self.maximumMetrics { forgetTheSmallest() }
        let number = numbers[text] ?? UInt32(names.count)
        if Int(number) == names.count {
            names.append(text)
            numbers[text] = number
        }
        latest = (Array(text.utf8), number)
        return number
    }

    /// Keeps that half of the metrics by itself which has the most series that came or went.
    private mutating func forgetTheSmallest() {
        var totals = [Int](repeating: 0, count: names.count)
        for part in windows.flatMap(\.parts.values) + [current] {
            for (number, counts) in part { totals[Int(number)] += counts.created + counts.gone }
        }
        let kept = (1..<names.count).sorted { totals[$0] > totals[$1] }.prefix(Self.maximumMetrics / 2)
        var renumbered = [UInt32](repeating: 0, count: names.count)
        var newNames = [Self.others]
        for number in kept.sorted() {
            renumbered[number] = UInt32(newNames.count)
            newNames.append(names[number])
        }
        func renumber(_ part: Part) -> Part {
            var result: Part = [:]
            for (number, counts) in part { result[renumbered[Int(number)], default: Counts()] += counts }
            return result
        }
        current = renumber(current)
        for position in windows.indices { windows[position].parts = windows[position].parts.mapValues(renumber) }
        names = newNames
        numbers = [:]
        for (number, name) in names.enumerated().dropFirst() { numbers[name] = UInt32(number) }
        latest = nil
    }

    // MARK: Reading

    /// What came and went in each window, at most `limit` metrics each, those with the most first.
    mutating func report(limit: Int) -> [SeriesGrowthWindow] {
        advance()
        return windows.map { window in
            var sums = current
            for part in window.parts.values {
                for (number, counts) in part { sums[number, default: Counts()] += counts }
            }
            var total = Counts()
            for counts in sums.values { total += counts }
            let metrics = sums.map { number, counts in
                SeriesGrowthWindow.Metric(name: names[Int(number)], created: counts.created, gone: counts.gone)
            }
            let length = window.minutesPerPart * window.partCount * Self.minute
            return SeriesGrowthWindow(
                length: length, covered: covered(length), created: total.created,
                gone: total.gone,
                metrics: Array(
                    metrics.sorted { ($1.created, $1.gone, $0.name) < ($0.created, $0.gone, $1.name) }
                        .prefix(max(0, limit))))
        }
    }

    /// How much of the time before now, as long as `length`, the store was open.
    private func covered(_ length: Int64) -> Int64 {
        let now = clock.now()
        let begin = now - length
        let spans = earlier + [min(start, now)...now]
        return spans.reduce(0) { sum, span in
            sum + max(0, min(span.upperBound, now) - max(span.lowerBound, begin))
        }
    }

    // MARK: Keeping

    /// What goes to the file: the current minute is one that is over then.
    mutating func saved() -> SavedGrowth {
        advance()
        var windows = windows
        for position in windows.indices where !current.isEmpty {
            windows[position].add(current, ofMinute: currentMinute)
        }
        let now = clock.now()
        let oldest = now - 86_400_000
        let spans = (earlier + [min(start, now)...now]).filter { $0.upperBound > oldest }
        return SavedGrowth(
            names: Array(names.dropFirst()), spans: spans.suffix(Self.maximumSpans), windows: windows.map(\.parts))
    }

    /// Goes on with what was counted before the store was opened; nothing was counted since.
    mutating func restore(_ saved: SavedGrowth) {
        guard saved.windows.count == windows.count, saved.names.count < Self.maximumMetrics else { return }
        // A clock that was set back knows nothing of what is to come.
        earlier = saved.spans.filter { $0.upperBound <= start }
        names = [Self.others]
        numbers = [:]
        for name in saved.names {
            numbers[name] = UInt32(names.count)
            names.append(name)
        }
        for position in windows.indices {
            let newest = currentMinute / windows[position].minutesPerPart
            windows[position].parts = saved.windows[position].filter { $0.key <= newest }
            windows[position].trim(to: currentMinute)
        }
    }
}
