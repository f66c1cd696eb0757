import ApusBytes
import ApusModel

/// The groups of columns that were read last, checked and decompressed: neighbouring series lie in one group.
///
/// For one thread at a time.
final class GroupMemory {
    /// Blocks that are read by turns have a slot each; twice as many, for timestamps and values.
    private static let maximumSlots = 32

    private var slots: [Slot] = []
    private var latest = 0
    private var victim = 0

    /// The bytes of a column of a block, whose checksum is right.
    @_lifetime(borrow self)
    func column(
        _ sort: ColumnSort, at place: Int, length: Int, of block: Block
    ) throws(QueryableError) -> RawSpan {
        let slot = slot(for: block, sort)
        let bytes = try slot.column(at: place, length: length)
        // The slot keeps what it gave until it is asked for another group.
        return unsafe _overrideLifetime(bytes, borrowing: self)
    }

    private func slot(for block: Block, _ sort: ColumnSort) -> Slot {
        if latest < slots.count, slots[latest].isOf(block, sort) { return slots[latest] }
        if let found = slots.firstIndex(where: { $0.isOf(block, sort) }) {
            latest = found
        } else if slots.count < Self.maximumSlots {
            latest = slots.count
            slots.append(Slot(block, sort))
        } else {
            latest = victim
            victim = (victim + 1) % Self.maximumSlots
            slots[latest] = Slot(block, sort)
        }
        return slots[latest]
    }

    /// One group of one block.
    @safe
    private final class Slot {
        private let block: Block
        private let sort: ColumnSort
        /// The places of the group that is here.
        private var places = 0..<0
        /// Where it lies in the columns file; empty when it was compressed and is in `content`.
        private var stored = 0..<0
        private var content: UnsafeMutableRawBufferPointer

        init(_ block: Block, _ sort: ColumnSort) {
            self.block = block
            self.sort = sort
            unsafe content = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        }

        deinit { unsafe content.deallocate() }

        func isOf(_ block: Block, _ sort: ColumnSort) -> Bool { self.block === block && self.sort == sort }

        @_lifetime(borrow self)
        func column(at place: Int, length: Int) throws(QueryableError) -> RawSpan {
            guard let groups = block.sections.groups else { return try column(atOffset: place, length: length) }
            // A page that was thrown out since it was checked, and that the disk then did not give, reads as zeros.
            if !places.contains(place) || block.columns.hasFailed && !stored.isEmpty { try load(groups, place) }
            guard length > 0, length <= places.upperBound - place else {
                throw block.damage(block.columns.path, "column of \(length) bytes at \(place) is not in one group")
            }
            let offset = place - places.lowerBound
            if stored.isEmpty {
                let all = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(content))
                return unsafe _overrideLifetime(all.extracting(offset..<(offset + length)), borrowing: self)
            }
            let start = stored.lowerBound + offset
            return unsafe block.columns.bytes(ownedBy: self).extracting(start..<(start + length))
        }

        /// A column of version 1, each of which has a checksum of its own.
        @_lifetime(borrow self)
        private func column(atOffset offset: Int, length: Int) throws(QueryableError) -> RawSpan {
            let columns = block.columns
            guard offset >= BlockFormat.columnsHeaderLength, length > 0, offset <= columns.count,
                length <= columns.count - offset - BlockFormat.checksumLength
            else {
                throw block.damage(columns.path, "column of \(length) bytes at \(offset) is outside the file")
            }
            let all = unsafe columns.bytes(ownedBy: self)
            let bytes = all.extracting(offset..<(offset + length))
            let stated = unsafe all.unsafeLoadUnaligned(fromUncheckedByteOffset: offset + length, as: UInt32.self)
            guard CRC32C.checksum(bytes) == UInt32(littleEndian: stated) else {
                throw block.damage(columns.path, "checksum of the column at \(offset) does not match")
            }
            return bytes
        }

        private func load(_ groups: ColumnGroups, _ place: Int) throws(QueryableError) {
            let columns = block.columns
            guard let group = groups.group(of: place, sort), group.offset >= BlockFormat.columnsHeaderLength,
                group.offset <= columns.count, group.length <= columns.count - group.offset
            else { throw block.damage(columns.path, "place \(place) is outside the groups") }
            let range = group.offset..<(group.offset + group.length)
            let bytes = columns.bytes.extracting(range)
            guard CRC32C.checksum(bytes) == group.checksum else {
                throw block.damage(columns.path, "checksum of the group at \(group.offset) does not match")
            }
            places = 0..<0
            stored = range
            if group.length != group.places.count {
                try decompress(bytes, length: group.places.count)
                stored = 0..<0
            }
            places = group.places
        }

        private func decompress(_ frame: RawSpan, length: Int) throws(QueryableError) {
            guard frame.byteCount < length, length <= BlockFormat.maximumCompressedGroup else {
                throw block.damage(columns, "a group of \(frame.byteCount) bytes has \(length) places")
            }
            unsafe content.deallocate()
            unsafe content = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 8)
            guard unsafe Zstd.decompress(frame, into: content) else {
                throw block.damage(columns, "a group of \(frame.byteCount) bytes cannot be decompressed")
            }
        }

        private var columns: String { block.columns.path }
    }
}
