import ApusBytes

extension ColumnDecoder {
    /// Reads what follows the kind of `column`.
    @_lifetime(reader: copy reader)
    static func decodeXorGroups(
        _ column: RawSpan, _ reader: inout ByteReader, count: Int, keeping kept: Range<Int>,
        into values: inout [Double]
    ) throws(ColumnError) {
        let first = try reader.columnWord()
        let start = reader.offset
        var end = start
        try values.append(addingCapacity: kept.count) { output throws(ColumnError) in
            if kept.contains(0) { output.append(Double(bitPattern: first)) }
            var groups = XorGroups(column, at: start, after: first)
            var next = 1
            while next < kept.upperBound {
                let length = min(XorGroups.count, count &- next)
                let needed = kept.clamped(to: next..<(next &+ length))
                try groups.appendNext(
                    length, keeping: (needed.lowerBound &- next)..<(needed.upperBound &- next), to: &output)
                next &+= length
            }
            // What comes after the last that is kept is not looked at.
            end = next < count ? column.byteCount : groups.offset
        }
        _ = try reader.columnBytes(end - start)
    }
}
