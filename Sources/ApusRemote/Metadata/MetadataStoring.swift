import ApusBytes
import ApusModel
import Synchronization

/// Hands what requests say of metric families to the store, each family's once and again when it changes.
///
/// Senders say the same every minute, or with every series. Safe for use from several threads at once.
final class MetadataStoring: Sendable {
    private let store: any Appendable
    private let clock: any WallClock
    private let memory: Mutex<SaidMetadata>

    init(store: any Appendable, clock: any WallClock) {
        self.store = store
        self.clock = clock
        memory = Mutex(SaidMetadata(now: clock.now()))
    }

    /// What became of the metadata of a request.
    struct Outcome {
        /// The families that are new, or say something else than before.
        var taken = 0
        /// Those without a name, or with texts that are not UTF-8.
        var invalid = 0
    }

    /// Stores what is new of a request's metadata.
    func store(_ staged: [StagedMetadata], request: Span<UInt8>) -> Outcome {
        var outcome = Outcome()
        guard !staged.isEmpty else { return outcome }
        let now = clock.now()
        var new: [(family: String, metadata: MetricMetadata)] = []
        memory.withLock { memory in
            memory.begin(now: now)
            for said in staged where !said.isEmpty && memory.takes(said, in: request) {
                guard !said.family.isEmpty, isText(said.family, request), isText(said.help, request),
                    isText(said.unit, request)
                else {
                    outcome.invalid += 1
                    continue
                }
                new.append(
                    (
                        String(copying: request.extracting(said.family)),
                        MetricMetadata(
                            type: said.type, help: String(copying: request.extracting(said.help)),
                            unit: String(copying: request.extracting(said.unit)))
                    ))
            }
        }
        if !new.isEmpty { store.remember(new) }
        outcome.taken = new.count
        return outcome
    }

    private func isText(_ range: Range<Int>, _ request: Span<UInt8>) -> Bool {
        LabelFields.isText(request.extracting(range))
    }
}

/// What families said last, by hashes; bounded.
private struct SaidMetadata {
    /// Beyond so many families all is forgotten, and said to the store again when it comes.
    private static let maximumFamilies = 100_000
    /// So long nobody is told again, in milliseconds: what another source said meanwhile is corrected then.
    private static let interval: Int64 = 600_000

    private let hash = SeededHash(seed: .random(in: .min ... .max))
    private var said: [UInt64: UInt64] = [:]
    private var begun: Int64

    init(now: Int64) {
        begun = now
    }

    /// Forgets what was said too long ago.
    mutating func begin(now: Int64) {
        guard now < begun || now - begun >= Self.interval else { return }
        said.removeAll(keepingCapacity: true)
        begun = now
    }

    /// Notes what a family says.
    ///
    /// - Returns: `false` when it said the same last.
    mutating func takes(_ item: StagedMetadata, in request: Span<UInt8>) -> Bool {
        let family = hash.hash(request.extracting(item.family))
        // An odd factor keeps help and unit apart.
        let help = hash.hash(request.extracting(item.help)) &* 0x9E37_79B9_7F4A_7C15
        let content = (help ^ hash.hash(request.extracting(item.unit))) &+ Self.number(of: item.type)
        if said[family] == content { return false }
        if said.count >= Self.maximumFamilies { said.removeAll(keepingCapacity: true) }
        said[family] = content
        return true
    }

    private static func number(of type: MetricType) -> UInt64 {
        UInt64(MetricType.allCases.firstIndex(of: type) ?? 0)
    }
}
