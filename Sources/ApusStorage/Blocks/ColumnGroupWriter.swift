import ApusBytes

/// Puts columns together in groups and writes these to the columns file.
struct ColumnGroupWriter {
    private struct Group {
        var place: Int
        var offset: Int
        var length: Int
        var checksum: UInt32
    }

    /// The groups of one sort; the last is open.
    private struct Groups {
        private(set) var closed: [Group] = []
        private var content = ByteWriter()
        /// The place at which the open group begins; in the end that after the last.
        private(set) var place = 0

        /// Adds a column to the open group; gives its place.
        mutating func append(_ column: [UInt8]) -> Int {
            let result = place + content.count
            content.append(column)
            return result
        }

        /// Ends the open group, if it has `length` bytes or more.
        mutating func close(
            ifAtLeast length: Int, compressor: ZstdCompressor?, to output: inout Output
        ) throws(FileError) {
            let bytes = content.bytes
            guard !bytes.isEmpty, bytes.count >= length else { return }
            var stored = bytes
            if let compressor, BlockForm.minimumCompressed...BlockFormat.maximumCompressedGroup ~= bytes.count,
                let frame = compressor.frame(of: bytes, limit: bytes.count - bytes.count / 4)
            {
                stored = frame
            }
            closed.append(
                Group(
                    place: place, offset: output.offset, length: stored.count,
                    checksum: CRC32C.checksum(stored.span)))
            place += bytes.count
            content.bytes.removeAll(keepingCapacity: true)
            try output.append(stored)
        }
    }

    /// The columns file after its header, and what is not in it yet.
    private struct Output {
        let file: SystemFile
        private var buffer = ByteWriter(capacity: 1 << 20)
        private var written = BlockFormat.columnsHeaderLength

        init(_ file: SystemFile) {
            self.file = file
        }

        /// Where the next group begins.
        var offset: Int { written + buffer.count }

        mutating func append(_ bytes: [UInt8]) throws(FileError) {
            buffer.append(bytes)
            if buffer.count >= 1 << 20 { try flush() }
        }

        mutating func flush() throws(FileError) {
            let bytes = buffer.bytes
            try file.write(bytes.span, at: written)
            written += bytes.count
            buffer.bytes.removeAll(keepingCapacity: true)
        }
    }

    private let groupBytes: Int
    private let compressor: ZstdCompressor?
    private var timestamps = Groups()
    private var values = Groups()
    private var output: Output

    /// A writer of the columns file at `path`, which must not exist.
    init(creating path: String, form: BlockForm) throws(FileError) {
        output = Output(try SystemFile(creating: path, isExclusive: true))
        groupBytes = form.groupBytes
        // Without memory for it the block is larger, and no less good.
        compressor = form.isCompressed ? ZstdCompressor() : nil
    }

    /// Adds a column of timestamps; gives its place.
    mutating func append(timestamps column: [UInt8]) throws(FileError) -> Int {
        let place = timestamps.append(column)
        try timestamps.close(ifAtLeast: groupBytes, compressor: nil, to: &output)
        return place
    }

    /// Adds a column of values; gives its place.
    mutating func append(values column: [UInt8]) throws(FileError) -> Int {
        let place = values.append(column)
        try values.close(ifAtLeast: groupBytes, compressor: compressor, to: &output)
        return place
    }

    /// Writes what is left, and the header, and syncs the file.
    ///
    /// - Returns: the section of the index that tells of the groups, and the length of the file.
    mutating func finish(header: [UInt8]) throws(FileError) -> (section: [UInt8], length: Int) {
        try timestamps.close(ifAtLeast: 0, compressor: nil, to: &output)
        try values.close(ifAtLeast: 0, compressor: compressor, to: &output)
        try output.flush()
        try output.file.write(header.span, at: 0)
        try output.file.synchronize()
        let groups = timestamps.closed + values.closed
        var section = ByteWriter(capacity: 24 + BlockFormat.groupLength * groups.count)
        section.appendLittleEndian(UInt32(timestamps.closed.count))
        section.appendLittleEndian(UInt32(values.closed.count))
        for group in groups {
            section.appendLittleEndian(UInt64(group.place))
            section.appendLittleEndian(UInt64(group.offset))
            section.appendLittleEndian(UInt32(group.length))
            section.appendLittleEndian(group.checksum)
        }
        section.appendLittleEndian(UInt64(timestamps.place))
        section.appendLittleEndian(UInt64(values.place))
        return (section.bytes, output.offset)
    }
}
