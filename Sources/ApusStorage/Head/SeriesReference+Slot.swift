import ApusModel

/// How the store makes references: the slot in the upper half, the generation in the lower.
extension SeriesReference {
    /// The reference of the series of a generation in a slot.
    init(slot: UInt32, generation: UInt32) {
        self.init(rawValue: UInt64(slot) << 32 | UInt64(generation))
    }

    /// The slot of the series.
    var slot: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }

    /// Which of the series that the slot ever held is meant.
    var generation: UInt32 { UInt32(truncatingIfNeeded: rawValue) }
}
