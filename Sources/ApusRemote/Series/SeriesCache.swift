import ApusModel

/// Finds the store's references of series by the bytes in which a sender wrote their labels.
///
/// A sender writes a series' labels the same way in every request. So the bytes are the key, as they are: no label set
/// is made for a series that is known. What is kept of them is a fingerprint, a tenth of their memory.
///
/// Bounded by two generations: when the younger one is full it becomes the older one, whose series move back when they
/// are used. What no request names is gone after the next change. Not safe for use from several threads at once.
struct SeriesCache {
    private var current = Generation()
    private var previous = Generation()
    private let largestGeneration: Int

    /// A cache that takes at most about `bytes` of memory.
    init(bytes: Int) {
        largestGeneration = Swift.max(bytes / 2 / Generation.keyBytes, 16)
    }

    /// The number of bytes that keys and tables take.
    var memoryBytes: Int { current.memoryBytes + previous.memoryBytes }

    /// The reference of the series with this key, if it is known.
    mutating func find(_ key: SeriesFingerprint) -> SeriesReference? {
        if let found = current.find(key) { return found }
        guard let moved = previous.find(key) else { return nil }
        insert(key, moved)
        return moved
    }

    /// Remembers the reference of a series, in place of one that is known.
    mutating func insert(_ key: SeriesFingerprint, _ reference: SeriesReference) {
        if current.count >= largestGeneration {
            swap(&current, &previous)
            current = Generation()
        }
        current.insert(key, reference)
    }
}

extension SeriesCache {
    /// Keys in the order in which they came, and an open-addressing table over them.
    ///
    /// A sender names its series in the same order again and again, so that the next one is nearly always the one that
    /// came after: looking there first needs no look into the table, which is not in the processor's cache.
    private struct Generation {
        private struct Entry {
            var key: SeriesFingerprint
            var reference: SeriesReference
        }

        /// The most that a key takes: the entry and four places, in arrays that are grown by doubling.
        static let keyBytes = 2 * MemoryLayout<Entry>.stride + 4 * MemoryLayout<UInt32>.stride

        private var entries: [Entry] = []
        /// One more than the position of an entry, or 0 for a free place; none before the first key, then a power of two.
        private var places: [UInt32] = []
        /// The position of the entry after the one that was found last.
        private var expected = 0

        var count: Int { entries.count }

        var memoryBytes: Int {
            entries.capacity * MemoryLayout<Entry>.stride + places.capacity * MemoryLayout<UInt32>.stride
        }

        mutating func find(_ key: SeriesFingerprint) -> SeriesReference? {
            if expected >= entries.count || entries[expected].key != key {
                guard !places.isEmpty else { return nil }
                let number = places[place(of: key)]
                guard number > 0 else { return nil }
                expected = Int(number) - 1
            }
            let reference = entries[expected].reference
            expected += 1
            return reference
        }

        mutating func insert(_ key: SeriesFingerprint, _ reference: SeriesReference) {
            guard count < Int(UInt32.max) / 2 else { return }
            if (count + 1) * 2 > places.count { grow() }
            let place = place(of: key)
            if places[place] != 0 {
                entries[Int(places[place]) - 1].reference = reference
                return
            }
            entries.append(Entry(key: key, reference: reference))
            places[place] = UInt32(entries.count)
        }

        /// Where the key is, or the free place where it would be.
        @inline(__always)
        private func place(of key: SeriesFingerprint) -> Int {
            let mask = places.count - 1
            var place = Int(truncatingIfNeeded: key.place) & mask
            while places[place] != 0, entries[Int(places[place]) - 1].key != key { place = (place + 1) & mask }
            return place
        }

        private mutating func grow() {
            var larger = [UInt32](repeating: 0, count: Swift.max(64, places.count * 2))
            let mask = larger.count - 1
            for (position, entry) in entries.enumerated() {
                var place = Int(truncatingIfNeeded: entry.key.place) & mask
                while larger[place] != 0 { place = (place + 1) & mask }
                larger[place] = UInt32(position) + 1
            }
            places = larger
        }
    }
}
