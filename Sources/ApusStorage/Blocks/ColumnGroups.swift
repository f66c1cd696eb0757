/// What columns a group holds.
enum ColumnSort: Int, Sendable {
    case timestamps = 0
    case values = 1
}

/// Where the groups of columns lie in the columns file; a table in the index.
struct ColumnGroups: Sendable {
    /// A group: its places, and the bytes that hold them.
    struct Group {
        var places: Range<Int>
        var offset: Int
        var length: Int
        var checksum: UInt32
    }

    private let index: MappedFile
    /// Where the table begins in the index.
    private let start: Int
    private let timestampGroups: Int
    private let valueGroups: Int

    /// The table in a section of an index; `nil` when it does not fill it.
    init?(_ index: MappedFile, _ section: Range<Int>) {
        guard section.count >= 8 else { return nil }
        self.index = index
        timestampGroups = Int(Self.load(index, section.lowerBound, as: UInt32.self))
        valueGroups = Int(Self.load(index, section.lowerBound + 4, as: UInt32.self))
        start = section.lowerBound + 8
        guard section.count == 24 + BlockFormat.groupLength * (timestampGroups + valueGroups) else { return nil }
    }

    /// The group in which a place lies, if any; its numbers are as the table has them.
    func group(of place: Int, _ sort: ColumnSort) -> Group? {
        var low = sort == .timestamps ? 0 : timestampGroups
        let end = sort == .timestamps ? timestampGroups : timestampGroups + valueGroups
        var high = end
        // The first group that begins after the place.
        while low < high {
            let middle = (low + high) / 2
            if firstPlace(middle) <= place { low = middle + 1 } else { high = middle }
        }
        guard low > (sort == .timestamps ? 0 : timestampGroups) else { return nil }
        let entry = start + BlockFormat.groupLength * (low - 1)
        let lower = firstPlace(low - 1)
        let upper = low < end ? firstPlace(low) : endOfPlaces(sort)
        guard lower <= place, place < upper else { return nil }
        return Group(
            places: lower..<upper, offset: Int(clamping: Self.load(index, entry + 8, as: UInt64.self)),
            length: Int(Self.load(index, entry + 16, as: UInt32.self)),
            checksum: Self.load(index, entry + 20, as: UInt32.self))
    }

    private func firstPlace(_ group: Int) -> Int {
        Int(clamping: Self.load(index, start + BlockFormat.groupLength * group, as: UInt64.self))
    }

    private func endOfPlaces(_ sort: ColumnSort) -> Int {
        let ends = start + BlockFormat.groupLength * (timestampGroups + valueGroups)
        return Int(clamping: Self.load(index, ends + 8 * sort.rawValue, as: UInt64.self))
    }

    /// The table was found to lie within the index.
    @inline(__always)
    private static func load<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ index: MappedFile, _ offset: Int, as: Integer.Type
    ) -> Integer {
        Integer(littleEndian: unsafe index.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Integer.self))
    }
}
