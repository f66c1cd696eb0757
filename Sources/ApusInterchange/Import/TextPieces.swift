import ApusBytes
import ApusStorage

/// Where the bytes of a text come from, in pieces.
package struct TextSource {
    /// The name in messages.
    package let name: String
    /// The number of bytes, where it is known.
    package let byteCount: Int?
    private let read: () throws(InterchangeError) -> [UInt8]

    /// Bytes that `read` gives piece by piece, an empty one at the end.
    package init(
        name: String, byteCount: Int? = nil, read: @escaping () throws(InterchangeError) -> [UInt8]
    ) {
        self.name = name
        self.byteCount = byteCount
        self.read = read
    }

    /// Bytes that are in memory.
    package init(name: String, bytes: [UInt8]) {
        var rest: [UInt8]? = bytes
        self.init(name: name, byteCount: bytes.count) { () throws(InterchangeError) in
            defer { rest = nil }
            return rest ?? []
        }
    }

    /// The bytes of the file at `path`.
    package init(path: String) throws(InterchangeError) {
        try self.init(path: path, name: path)
    }

    /// The bytes of the file at `path`, which messages call `name`.
    init(path: String, name: String) throws(InterchangeError) {
        let file: MappedFile
        do throws(FileError) { file = try MappedFile(path) } catch { throw .file(error) }
        var offset = 0
        self.init(name: name, byteCount: file.count) { () throws(InterchangeError) in
            let end = min(file.count, offset + 1 << 20)
            defer { offset = end }
            return Self.copy(file, offset..<end)
        }
    }

    private static func copy(_ file: MappedFile, _ range: Range<Int>) -> [UInt8] {
        unsafe file.bytes.extracting(range).withUnsafeBytes { unsafe Array($0) }
    }

    /// The next piece, empty at the end.
    mutating func next() throws(InterchangeError) -> [UInt8] { try read() }
}

/// Cuts a text into pieces of whole lines.
struct TextPieces {
    /// A piece is about so long.
    private static let pieceLength = 4 << 20
    /// A longer line is refused.
    private static let maximumLineLength = 32 << 20

    private var source: TextSource
    private var rest: [UInt8] = []
    private var isAtEnd = false
    /// The bytes read.
    private(set) var offset = 0

    init(_ source: TextSource) {
        self.source = source
    }

    /// How much was read, from 0 to 1.
    var fraction: Double? { source.byteCount.map { Double(offset) / Double(max(1, $0)) } }

    /// The next lines, and whether they are the last; `nil` after those.
    mutating func next() throws(InterchangeError) -> (lines: [UInt8], isLast: Bool)? {
        if isAtEnd { return nil }
        while true {
            let more = try source.next()
            if more.isEmpty {
                isAtEnd = true
                return (rest, true)
            }
            // More than a piece is read before one is cut: only then it is known that something follows.
            if rest.count >= Self.pieceLength, let end = rest.lastIndex(of: 0x0A) {
                let lines = Array(rest[...end])
                rest.removeSubrange(...end)
                rest.append(contentsOf: more)
                offset += more.count
                return (lines, false)
            }
            offset += more.count
            rest.append(contentsOf: more)
            guard rest.count <= Self.maximumLineLength else {
                throw .unusable("\(source.name) has a line of more than \(Self.maximumLineLength) bytes")
            }
        }
    }
}
