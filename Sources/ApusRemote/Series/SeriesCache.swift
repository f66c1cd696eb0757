import ApusBytes
import ApusModel

/// Finds the store's references of series by the bytes in which a sender wrote their labels.
///
/// A sender writes a series' labels the same way in every request. So the bytes are the key, as they are: no label set
/// is made for a series that is known. A hash only says where to look; bytes are compared.
///
/// Bounded by two generations: when the younger one is full it becomes the older one, whose series move back when they
/// are used. What no request names is gone after the next change. Not safe for use from several threads at once.
struct SeriesCache {
    private var current = Generation()
    private var previous = Generation()
    private let largestGeneration: Int

    /// A cache that takes at most about `bytes` of memory.
    init(bytes: Int) {
        // Generations are grown by doubling, which may leave a half unused.
        largestGeneration = Swift.max(bytes / 4, 1 << 12)
    }

    /// The number of bytes that keys and tables take.
    var memoryBytes: Int { current.memoryBytes + previous.memoryBytes }

    /// The number of keys.
    var count: Int { current.count + previous.count }

    /// The reference of the series with this key, if it is known.
    mutating func find(_ key: Span<UInt8>, hash: UInt64) -> SeriesReference? {
        if let found = current.find(key, hash: hash) { return found }
        guard let moved = previous.find(key, hash: hash) else { return nil }
        insert(key, hash: hash, moved)
        return moved
    }

    /// Remembers the reference of a series, in place of one that is known.
    mutating func insert(_ key: Span<UInt8>, hash: UInt64, _ reference: SeriesReference) {
        // A key of which half a generation could not hold two is not worth what it displaces.
        guard key.count < largestGeneration / 4 else { return }
        if current.usedBytes + key.count + Generation.entryBytes > largestGeneration {
            swap(&current, &previous)
            current.removeAll()
        }
        current.insert(key, hash: hash, reference)
    }
}

extension SeriesCache {
    /// One open-addressing table over keys that lie back to back.
    private struct Generation {
        private struct Entry {
            var hash: UInt64
            var reference: UInt64
            var start: UInt32
            /// 0 for a free place; a key is never empty.
            var length: UInt32
        }

        /// What an entry takes beside its key, at the greatest load.
        static let entryBytes = 48

        private var arena: [UInt8] = []
        /// The count is a power of two; empty before the first key.
        private var entries: [Entry] = []
        private(set) var count = 0

        var usedBytes: Int { arena.count + count * Self.entryBytes }

        var memoryBytes: Int { arena.capacity + entries.capacity * MemoryLayout<Entry>.stride }

        func find(_ key: Span<UInt8>, hash: UInt64) -> SeriesReference? {
            guard !entries.isEmpty else { return nil }
            let entry = entries[place(of: key, hash: hash)]
            return entry.length == 0 ? nil : SeriesReference(rawValue: entry.reference)
        }

        mutating func insert(_ key: Span<UInt8>, hash: UInt64, _ reference: SeriesReference) {
            guard key.count > 0, arena.count + key.count < Int(UInt32.max) else { return }
            if (count + 1) * 2 > entries.count { grow() }
            let place = place(of: key, hash: hash)
            if entries[place].length != 0 {
                entries[place].reference = reference.rawValue
                return
            }
            entries[place] = Entry(
                hash: hash, reference: reference.rawValue, start: UInt32(arena.count), length: UInt32(key.count))
            unsafe key.withUnsafeBufferPointer { unsafe arena.append(contentsOf: $0) }
            count += 1
        }

        mutating func removeAll() {
            arena.removeAll()
            entries.removeAll()
            count = 0
        }

        /// Where the key is, or the free place where it would be.
        @inline(__always)
        private func place(of key: Span<UInt8>, hash: UInt64) -> Int {
            let mask = entries.count - 1
            var place = Int(truncatingIfNeeded: hash) & mask
            while true {
                let entry = entries[place]
                if entry.length == 0 { return place }
                if entry.hash == hash, Int(entry.length) == key.count {
                    let start = Int(entry.start)
                    if equalBytes(arena.span.extracting(start..<(start + key.count)), key) { return place }
                }
                place = (place + 1) & mask
            }
        }

        private mutating func grow() {
            let free = Entry(hash: 0, reference: 0, start: 0, length: 0)
            var larger = [Entry](repeating: free, count: Swift.max(64, entries.count * 2))
            let mask = larger.count - 1
            for entry in entries where entry.length != 0 {
                var place = Int(truncatingIfNeeded: entry.hash) & mask
                while larger[place].length != 0 { place = (place + 1) & mask }
                larger[place] = entry
            }
            entries = larger
        }
    }
}
