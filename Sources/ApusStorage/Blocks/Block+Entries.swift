import ApusBytes
import ApusModel

/// The entries of series in the index; all numbers are checked, although the checksums were right.
extension Block {
    /// Calls `body` with the symbols of a series' names and values, until it gives something.
    @inline(__always)
    func forEachPair<Result>(
        of number: UInt32, _ body: (_ name: UInt32, _ value: UInt32) -> Result?
    ) throws(QueryableError) -> Result? {
        var reader = ByteReader(indexBytes(try entryRange(Int(number), of: sections.series, "series")))
        do throws(ByteError) {
            if header.version < 2 {
                for _ in 0..<(try reader.readCount(limit: reader.remaining)) {
                    let name = UInt32(truncatingIfNeeded: try reader.readVarint())
                    if let result = body(name, UInt32(truncatingIfNeeded: try reader.readVarint())) { return result }
                }
                return nil
            }
            var shape = ByteReader(try shapeBytes(try reader.readVarint()))
            let count = try shape.readCount(limit: shape.remaining)
            try shape.skipVarints(1)
            for _ in 0..<count {
                let name = UInt32(truncatingIfNeeded: try shape.readVarint())
                let stated = try shape.readVarint()
                let value = stated == 0 ? try reader.readVarint() : stated &- 1
                if let result = body(name, UInt32(truncatingIfNeeded: value)) { return result }
            }
            return nil
        } catch {
            throw damage(index.path, "series \(number): \(error)")
        }
    }

    /// Calls `body` with the chunks of a series, ascending, until it gives `false`.
    func forEachChunk(
        of number: UInt32, _ body: (ChunkEntry) throws(QueryableError) -> Bool
    ) throws(QueryableError) {
        var reader = ByteReader(indexBytes(try entryRange(Int(number), of: sections.series, "series")))
        var place = ChunkPlace()
        var remaining = 0
        do throws(ByteError) {
            try skipLabels(&reader)
            remaining = try reader.readCount(limit: reader.remaining)
            if header.version >= 2, remaining > 0 { place.valueEnd = Int64(bitPattern: try reader.readVarint()) }
        } catch {
            throw damage(index.path, "series \(number): \(error)")
        }
        while remaining > 0 {
            remaining -= 1
            let chunk: ChunkEntry
            do throws(ByteError) {
                chunk =
                    header.version < 2
                    ? try ChunkEntry(after: &place, from: &reader) : try self.chunk(after: &place, from: &reader)
            } catch {
                throw damage(index.path, "series \(number): \(error)")
            }
            guard try body(chunk) else { return }
        }
    }

    /// Passes over the labels of an entry.
    @_lifetime(reader: copy reader)
    private func skipLabels(_ reader: inout ByteReader) throws(ByteError) {
        if header.version < 2 {
            try reader.skipVarints(2 * (try reader.readCount(limit: reader.remaining)))
            return
        }
        var shape = ByteReader(try shapeBytes(try reader.readVarint()))
        try shape.skipVarints(1)
        try reader.skipVarints(try shape.readCount(limit: reader.remaining))
    }

    /// The bytes of a shape.
    @_lifetime(borrow self)
    private func shapeBytes(_ number: UInt64) throws(ByteError) -> RawSpan {
        try bytes(of: number, in: sections.shapes)
    }

    /// Reads a chunk of an entry, and what its column of timestamps says.
    @_lifetime(reader: copy reader)
    private func chunk(after place: inout ChunkPlace, from reader: inout ByteReader) throws(ByteError) -> ChunkEntry {
        let number = place.timestampOffset &+ (try reader.readSignedVarint())
        place.timestampOffset = number &+ 1
        let length = Int(truncatingIfNeeded: try reader.readVarint())
        var times = ByteReader(try bytes(of: UInt64(bitPattern: number), in: sections.times))
        let minimum = header.minimumTime &+ Int64(bitPattern: try times.readVarint())
        let maximum = minimum &+ Int64(bitPattern: try times.readVarint())
        let entry = ChunkEntry(
            minimumTime: minimum, maximumTime: maximum, count: Int(truncatingIfNeeded: try times.readVarint()),
            timestampOffset: Int(truncatingIfNeeded: try times.readVarint()),
            timestampLength: Int(truncatingIfNeeded: try times.readVarint()), valueOffset: Int(place.valueEnd),
            valueLength: length)
        place.valueEnd &+= Int64(length)
        return entry
    }

    /// The bytes of an entry whose number was read.
    @_lifetime(borrow self)
    private func bytes(of number: UInt64, in section: BlockSections.Section) throws(ByteError) -> RawSpan {
        guard number < UInt64(section.count) else { throw .lengthOutOfRange(offset: 0, length: number) }
        do throws(QueryableError) { return indexBytes(try entryRange(Int(number), of: section, "entry")) } catch {
            throw .lengthOutOfRange(offset: 0, length: number)
        }
    }
}
