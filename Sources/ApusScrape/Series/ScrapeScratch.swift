import ApusExposition
import ApusHTTP
import ApusModel
import Synchronization

/// The buffers that one scrape's processing needs, kept from scrape to scrape; one per worker, not one per target.
struct ScrapeScratch: ~Copyable, Sendable {
    var decoder = GzipDecoder()
    var scraped = ScrapedBody()
    var batch = SampleBatch(timestamp: 0)
    /// Where each sample of the batch comes from: a slot, or one of the negative marks below.
    var origins: [Int64] = []
    /// The slots of this body whose series the store has yet to name, with the labels to store them under.
    var pendingSlots: [UInt32] = []
    var pendingLabels: [LabelSet] = []

    /// The origin of a staleness marker.
    static let markerOrigin: Int64 = -1

    /// The origin of the synthetic series at a position of `SyntheticSeries.allCases`.
    static func origin(ofSynthetic position: Int) -> Int64 { -2 - Int64(position) }

    /// The position of the synthetic series with the given origin; `nil` for another origin.
    static func syntheticPosition(of origin: Int64) -> Int? { origin <= -2 ? Int(-2 - origin) : nil }

    /// Begins a batch.
    mutating func reset(timestamp: Int64) {
        batch.reset(timestamp: timestamp)
        origins.removeAll(keepingCapacity: true)
    }

    /// Appends one sample at the batch's common time.
    mutating func append(_ reference: SeriesReference, _ value: Double, origin: Int64) {
        batch.references.append(reference)
        batch.values.append(value)
        if !batch.timestamps.isEmpty { batch.timestamps.append(batch.timestamp) }
        origins.append(origin)
    }

    /// Gives memory back after an unusually large body.
    mutating func trim() {
        let largest = 1 << 18
        if batch.references.capacity > largest || scraped.slots.capacity > largest {
            batch = SampleBatch(timestamp: 0)
            scraped = ScrapedBody()
            origins = []
        }
        pendingSlots.removeAll(keepingCapacity: pendingSlots.capacity <= largest)
        pendingLabels.removeAll(keepingCapacity: pendingLabels.capacity <= largest)
    }
}

/// Scratches for as many workers as there are.
final class ScratchPool: Sendable {
    private final class Box: Sendable {
        let scratch = Mutex(ScrapeScratch())
    }

    private let boxes: [Box]

    init(count: Int) {
        boxes = (0..<max(1, count)).map { _ in Box() }
    }

    /// Runs `body` with a scratch that nobody else uses; waits when all are in use.
    func withScratch<Result>(_ body: (inout sending ScrapeScratch) -> sending Result) -> sending Result {
        for box in boxes {
            if let result = box.scratch.withLockIfAvailable({ scratch in Optional(body(&scratch)) }) ?? nil {
                return result
            }
        }
        return boxes[0].scratch.withLock { body(&$0) }
    }
}
