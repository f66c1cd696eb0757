import ApusBytes
import Synchronization

/// The bytes that one query holds, counted against its own limit and the one of all queries.
///
/// Counted where a series, a table or a buffer is made, never per sample. What is still held when the query ends goes
/// back by itself.
final class MemoryAccount: Sendable {
    private let pool: ByteBudget
    private let limit: Int
    private let held = Atomic<Int>(0)
    private let peak = Atomic<Int>(0)

    /// Why bytes were refused.
    struct Refusal: Error, Sendable {
        var wanted: Int
        var held: Int
        var limit: Int
        /// Whether it is the memory of all queries that is used up.
        var isOfAllQueries: Bool
    }

    /// An account of a query that may hold `limit` bytes at a time.
    init(limit: Int, pool: ByteBudget) {
        self.limit = limit
        self.pool = pool
    }

    deinit {
        releaseAll()
    }

    /// Counts nothing as held any more: the query has ended.
    func releaseAll() {
        pool.giveBack(held.exchange(0, ordering: .relaxed))
    }

    /// Bytes that are held now.
    var heldBytes: Int { held.load(ordering: .relaxed) }
    /// The most bytes that were held at a time.
    var peakBytes: Int { peak.load(ordering: .relaxed) }

    /// Counts bytes as held from now on.
    func hold(_ bytes: Int) throws(Refusal) {
        try check(bytes)
        guard pool.take(bytes) else {
            throw Refusal(wanted: bytes, held: pool.heldBytes, limit: pool.limit, isOfAllQueries: true)
        }
        let now = held.wrappingAdd(bytes, ordering: .relaxed).newValue
        peak.max(now, ordering: .relaxed)
    }

    /// Counts bytes that are held for a moment only: they must fit into the query's own limit and may be its peak.
    func passThrough(_ bytes: Int) throws(Refusal) {
        let held = heldBytes
        if bytes > limit &- held { throw Refusal(wanted: bytes, held: held, limit: limit, isOfAllQueries: false) }
        let now = held &+ bytes
        if now > peakBytes { peak.max(now, ordering: .relaxed) }
    }

    /// Counts bytes as no longer held.
    func release(_ bytes: Int) {
        held.wrappingSubtract(bytes, ordering: .relaxed)
        pool.giveBack(bytes)
    }

    /// Fails when so many bytes more would be too many; counts nothing.
    func check(_ bytes: Int) throws(Refusal) {
        let held = heldBytes
        if bytes > limit &- held { throw Refusal(wanted: bytes, held: held, limit: limit, isOfAllQueries: false) }
        let all = pool.heldBytes
        if bytes > pool.limit &- all {
            throw Refusal(wanted: bytes, held: all, limit: pool.limit, isOfAllQueries: true)
        }
    }
}
