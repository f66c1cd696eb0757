import ApusBytes
import ApusModel

/// Where the samples of a block came from (`docs/formats/block.md`).
struct BlockLineage: Sendable, Equatable {
    /// Samples of the log up to this time are in blocks; `Int64.min` when the block says nothing of it.
    var headBoundary: Int64
    /// The identifiers of the blocks whose place this one takes.
    var parents: [String] = []
    /// The rank of the block among those that it overlaps, which is that of its youngest parent; `nil` for its own identifier.
    var rank: String?

    /// The lineage of a block with samples from outside the head.
    static let imported = BlockLineage(headBoundary: .min)

    /// The lineage of a block that takes the place of others.
    init(replacing blocks: [Block]) {
        headBoundary = blocks.map(\.headBoundary).max() ?? .min
        parents = blocks.map(\.identifier)
        rank = blocks.map(\.rank).max()
    }

    /// The lineage of a block with samples of the head, or of nobody's.
    init(headBoundary: Int64) {
        self.headBoundary = headBoundary
    }

    /// The body of the file.
    func encoded() -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        writer.appendLittleEndian(headBoundary)
        writer.appendVarint(UInt64(parents.count))
        for parent in parents { writer.append(parent) }
        if let rank { writer.append(rank) }
        return writer.bytes
    }

    /// Reads the body of the file.
    init(body: RawSpan) throws(ByteError) {
        var reader = ByteReader(body)
        headBoundary = try reader.readLittleEndian()
        let count = try reader.readCount(limit: reader.remaining / BlockIdentifier.length)
        for _ in 0..<count { parents.append(try Self.readIdentifier(&reader)) }
        if !parents.isEmpty { rank = try Self.readIdentifier(&reader) }
        guard reader.isAtEnd else { throw .lengthOutOfRange(offset: reader.offset, length: UInt64(reader.remaining)) }
    }

    private static func readIdentifier(_ reader: inout ByteReader) throws(ByteError) -> String {
        let offset = reader.offset
        let text = String(copying: Span<UInt8>(_bytes: try reader.readBytes(BlockIdentifier.length)))
        guard BlockIdentifier.isValid(text) else {
            throw .lengthOutOfRange(offset: offset, length: UInt64(BlockIdentifier.length))
        }
        return text
    }
}
