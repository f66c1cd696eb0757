/// The groups of an exclusive-or column; `docs/formats/columns.md`.
enum XorGroups {
    /// The most values of a group: more share a width, fewer share the bytes that say it.
    static let count = 64
    /// In the first byte of a group: only what is not zero is packed, behind a bitmap.
    static let sparseBit: UInt8 = 128
}
