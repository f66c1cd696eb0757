import Synchronization

/// Makes lines of the pieces in which a body comes.
final class LineAssembly: Sendable {
    /// A longer line is left out.
    private static let longestLine = 1 << 20

    private let rest = Mutex<(bytes: [UInt8], isTooLong: Bool)>(([], false))

    /// The lines that are whole with this piece, without their ends.
    func append(_ part: [UInt8]) -> [[UInt8]] {
        rest.withLock { rest in
            var lines: [[UInt8]] = []
            var start = part.startIndex
            while let end = part[start...].firstIndex(of: UInt8(ascii: "\n")) {
                if !rest.isTooLong {
                    let line = rest.bytes + part[start..<end]
                    if !line.isEmpty, line.count <= Self.longestLine { lines.append(line) }
                }
                rest = ([], false)
                start = end + 1
            }
            if rest.bytes.count + part.count - start > Self.longestLine {
                rest = ([], true)
            } else if !rest.isTooLong {
                rest.bytes.append(contentsOf: part[start...])
            }
            return lines
        }
    }
}
