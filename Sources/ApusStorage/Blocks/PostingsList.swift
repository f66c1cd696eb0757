import ApusBytes

/// A list of ascending series numbers in the index; the forms are in `docs/formats/block.md`.
enum PostingsList {
    private static let differences: UInt8 = 0
    private static let runs: UInt8 = 1

    /// Appends `list`, not empty, in the smaller form.
    static func append(_ list: [(pair: UInt64, series: UInt32)].SubSequence, to writer: inout ByteWriter) {
        var runCount = 0
        var end: UInt32?
        for entry in list {
            if entry.series != end { runCount += 1 }
            end = entry.series &+ 1
        }
        // A difference takes a byte at least, a run two.
        let isRuns = runCount * 2 < list.count
        writer.append(isRuns ? runs : differences)
        guard isRuns else {
            var previous: UInt32 = 0
            for entry in list {
                writer.appendVarint(UInt64(entry.series - previous))
                previous = entry.series
            }
            return
        }
        var position = list.startIndex
        var previousEnd: UInt32 = 0
        while position < list.endIndex {
            let first = list[position].series
            var length: UInt32 = 0
            while position < list.endIndex, list[position].series == first + length {
                position += 1
                length += 1
            }
            writer.appendVarint(UInt64(first - previousEnd))
            writer.appendVarint(UInt64(length))
            previousEnd = first + length
        }
    }

    /// Reads a list of `count` numbers, which the caller has bounded; lists of version 1 have no form.
    static func read(_ bytes: RawSpan, count: Int, version: UInt32) throws(ByteError) -> [UInt32] {
        var reader = ByteReader(bytes)
        var result: [UInt32] = []
        result.reserveCapacity(count)
        let form = version < 2 ? differences : try reader.readByte()
        guard form <= runs else { throw .lengthOutOfRange(offset: 0, length: UInt64(form)) }
        var next: UInt32 = 0
        if form == differences {
            for _ in 0..<count {
                next &+= UInt32(truncatingIfNeeded: try reader.readVarint())
                result.append(next)
            }
            return result
        }
        while result.count < count {
            next &+= UInt32(truncatingIfNeeded: try reader.readVarint())
            let length = try reader.readVarint()
            guard length >= 1, length <= UInt64(count - result.count), UInt64(next) + length <= UInt64(UInt32.max)
            else {
                throw .lengthOutOfRange(offset: reader.offset, length: length)
            }
            let end = next + UInt32(length)
            result.append(contentsOf: next..<end)
            next = end
        }
        return result
    }
}
