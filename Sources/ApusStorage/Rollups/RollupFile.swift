import ApusBytes
import ApusModel
import Synchronization

/// The roll-up of a block in one resolution, mapped; unmapped when the last reference goes away.
final class RollupFile: Sendable {
    let resolution: Int64
    /// The buckets of all series.
    let bucketCount: Int
    /// The series of the block without samples, of which only roll-ups are left.
    let rolledCount: Int
    let path: String
    private let file: MappedFile
    private let seriesCount: UInt32
    private let tableOffset: Int
    private let damage = Atomic(false)

    /// Opens a file and checks its header and table.
    init(_ path: String, seriesCount: UInt32) throws(BlockError) {
        self.path = path
        self.seriesCount = seriesCount
        do throws(FileError) { file = try MappedFile(path) } catch { throw .file(error) }
        let file = file
        let header = try RollupFormat.Header(file)
        let tableLength = 8 * (UInt64(header.seriesCount) + 1)
        guard header.seriesCount == seriesCount, (1...RollupFormat.longestResolution).contains(header.resolution),
            path.hasSuffix("/" + RollupFormat.name(of: header.resolution))
        else { throw .damaged(path: path, reason: "it belongs to another block or has another resolution") }
        guard header.tableOffset >= UInt64(RollupFormat.headerLength), header.tableOffset <= UInt64(file.count),
            UInt64(file.count) - header.tableOffset == tableLength
        else { throw .damaged(path: path, reason: "the table is not at the end of the file") }
        tableOffset = Int(header.tableOffset)
        guard CRC32C.checksum(file.bytes.extracting(tableOffset..<file.count)) == header.tableChecksum else {
            throw .damaged(path: path, reason: "checksum of the table does not match")
        }
        resolution = header.resolution
        bucketCount = Int(clamping: header.bucketCount)
        rolledCount = Int(header.rolledCount)
    }

    /// The files of a block that can be read, the coarsest first, and the paths of those that are damaged.
    static func files(in folder: String, seriesCount: UInt32) -> (readable: [RollupFile], damaged: [String]) {
        var result: (readable: [RollupFile], damaged: [String]) = ([], [])
        for name in names(in: folder) {
            let path = "\(folder)/\(name)"
            do throws(BlockError) {
                result.readable.append(try RollupFile(path, seriesCount: seriesCount))
            } catch {
                result.damaged.append(path)
            }
        }
        result.readable.sort { $0.resolution > $1.resolution }
        return result
    }

    /// Whether a file is whole and of an earlier version.
    static func isOutdated(_ path: String) -> Bool {
        guard let file = try? MappedFile(path) else { return false }
        return RollupFormat.isOutdated(file)
    }

    /// The names of a block's files of roll-ups, without those of an earlier version: their block has the samples.
    static func names(in folder: String) -> [String] {
        ((try? Folder.names(in: folder)) ?? []).filter {
            $0.hasPrefix(RollupFormat.namePrefix) && !$0.hasSuffix(BlockFormat.temporaryEnding)
                && !isOutdated("\(folder)/\($0)")
        }
    }

    /// The bytes of the file.
    var byteCount: Int { file.count }

    /// Whether a record was found that cannot be read; the file is then written anew.
    var isDamaged: Bool { damage.load(ordering: .relaxed) }

    /// Takes note that a record cannot be read.
    func noteDamage() { damage.store(true, ordering: .relaxed) }

    /// The record of a series; empty when it is not rolled up.
    @_lifetime(borrow self)
    func record(of number: UInt32) throws(RollupDamage) -> RawSpan {
        guard number < seriesCount else { throw RollupDamage("series \(number) is out of range") }
        let bytes = unsafe file.bytes(ownedBy: self)
        let place = tableOffset + 8 * Int(number)
        let start = UInt64(
            littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place, as: UInt64.self))
        let end = UInt64(
            littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: place + 8, as: UInt64.self))
        guard start >= UInt64(RollupFormat.headerLength), start <= end, end <= UInt64(tableOffset) else {
            throw RollupDamage("the record of series \(number) is outside the file")
        }
        return bytes.extracting(Int(start)..<Int(end))
    }

    /// Whether a series is rolled up.
    func holds(_ number: UInt32) -> Bool {
        guard let record = try? record(of: number) else { return false }
        return record.byteCount > 0
    }

    /// Reads every record.
    ///
    /// - Throws: at the first one that cannot be read.
    func verify() throws(BlockError) {
        var decoder = RollupDecoder()
        var count = 0
        for number in 0..<seriesCount {
            do throws(RollupDamage) {
                let record = try record(of: number)
                if record.byteCount > 0 { count += try decoder.verify(record) }
            } catch {
                throw .damaged(path: path, reason: "series \(number): \(error.reason)")
            }
        }
        guard count == bucketCount else {
            throw .damaged(path: path, reason: "it has \(count) buckets, its header says \(bucketCount)")
        }
    }
}
