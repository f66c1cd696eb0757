import ApusBytes
import ApusModel

/// What metric families say of themselves, in memory and in a file of the data folder that survives the end of the process.
///
/// Changes are appended; when the file has several times what is in memory, or more than the limits allow came together, it is written anew.
struct MetadataFile {
    /// A file that is smaller is not written anew.
    private static let smallestRewrite = 1 << 20

    private let path: String
    private(set) var table: MetadataTable
    private var file: SystemFile?
    private var length = 0
    private var isUnsynced = false
    /// Set when an append failed: the file may end in a part of a record, or lack some.
    private var needsRewrite = false

    /// Reads the file in a data folder, where it is there; what is damaged is passed over, reported, and written anew without it.
    ///
    /// - Throws: `StorageError` when the file cannot be read or is of a newer version.
    init(dataFolder: String, options: StorageOptions, report: (StorageEvent) -> Void) throws(StorageError) {
        path = "\(dataFolder)/\(MetadataFormat.fileName)"
        table = MetadataTable(
            maximumFamilies: options.maximumMetadataFamilies, maximumBytes: options.maximumMetadataBytes)
        guard Folder.length(of: path) > 0 else { return }
        let mapped: MappedFile
        do throws(FileError) { mapped = try MappedFile(path) } catch {
            throw .folderUnusable(folder: dataFolder, reason: error.description)
        }
        try read(mapped, report)
        length = mapped.count
    }

    private mutating func read(_ mapped: MappedFile, _ report: (StorageEvent) -> Void) throws(StorageError) {
        guard let version = NumberedHeader.version(of: mapped.bytes, magic: MetadataFormat.magic) else {
            // Made before anything was written to it, or damaged; the records may be whole.
            needsRewrite = true
            if mapped.count >= MetadataFormat.headerLength {
                report(.damagedMetadata(path: path, offset: 0, reason: "its header is damaged"))
            }
            readRecords(mapped, report)
            return
        }
        guard version <= MetadataFormat.version else { throw .newerFormat(path: path, version: version) }
        readRecords(mapped, report)
    }

    private mutating func readRecords(_ mapped: MappedFile, _ report: (StorageEvent) -> Void) {
        var reader = WALReader(mapped.bytes)
        while let stretch = reader.next() {
            switch stretch {
            case .damage(let range):
                needsRewrite = true
                let isTorn =
                    range.upperBound == mapped.count && Self.isBeginning(mapped.bytes.extracting(range))
                report(
                    isTorn
                        ? .tornTail(path: path, offset: range.lowerBound, bytes: range.count)
                        : .damagedMetadata(
                            path: path, offset: range.lowerBound, reason: "\(range.count) bytes are no record"))
            case .record(let body):
                let problem = MetadataRecordReader.read(mapped.bytes.extracting(body)) { family, metadata in
                    _ = table.set(family, metadata)
                }
                guard let problem else { continue }
                needsRewrite = true
                report(.damagedMetadata(path: path, offset: body.lowerBound, reason: problem))
            }
        }
        if table.trim() { needsRewrite = true }
    }

    /// Whether bytes are the beginning of a record that states to be longer: the process ended in the middle of an append.
    private static func isBeginning(_ bytes: RawSpan) -> Bool {
        var reader = ByteReader(bytes)
        do throws(ByteError) {
            guard try reader.readLittleEndian(UInt32.self) == WALFormat.marker else { return false }
            return Int(try reader.readLittleEndian(UInt32.self)) + WALFormat.recordHeaderLength > bytes.byteCount
        } catch {
            return true
        }
    }

    /// Takes over what families say, and writes what of it is new.
    mutating func remember(_ families: [(family: String, metadata: MetricMetadata)]) throws(FileError) {
        var writer = MetadataRecordWriter()
        for (family, metadata) in families where table.set(family, metadata) { writer.append(family, metadata) }
        writer.finish()
        if table.trim() { needsRewrite = true }
        if writer.bytes.count == 0, !needsRewrite { return }
        do throws(FileError) {
            let isGrown = length + writer.bytes.count > max(Self.smallestRewrite, 4 * table.byteCount)
            if needsRewrite || isGrown || length == 0 { try rewrite() } else { try append(writer.bytes.bytes) }
        } catch {
            needsRewrite = true
            throw error
        }
    }

    private mutating func append(_ bytes: [UInt8]) throws(FileError) {
        let file = if let file { file } else { try SystemFile(creating: path) }
        self.file = file
        try file.write(bytes.span, at: length)
        length += bytes.count
        isUnsynced = true
    }

    /// Writes all families to a new file that takes the place of the old one.
    private mutating func rewrite() throws(FileError) {
        let bytes = Self.encoded(table)
        let temporary = path + ".tmp"
        do throws(FileError) {
            let fresh = try SystemFile(creating: temporary)
            try fresh.truncate(to: 0)
            try fresh.write(bytes.span, at: 0)
            try fresh.synchronize()
            try Folder.rename(temporary, to: path)
            file = fresh
        } catch {
            // What cannot be removed is written over the next time.
            do throws(FileError) { try Folder.removeFile(temporary) } catch {}
            throw error
        }
        length = bytes.count
        isUnsynced = false
        needsRewrite = false
    }

    /// Writes all families to a file of the same form.
    func write(to path: String) throws(FileError) {
        let copy = try SystemFile(creating: path)
        try copy.write(Self.encoded(table).span, at: 0)
        try copy.synchronize()
    }

    private static func encoded(_ table: MetadataTable) -> [UInt8] {
        var writer = MetadataRecordWriter()
        for (family, metadata) in table.families { writer.append(family, metadata) }
        writer.finish()
        return MetadataFormat.header() + writer.bytes.bytes
    }

    /// The file, when something of it may not be on the disk yet; who takes it syncs it.
    mutating func takeUnsynced() -> SystemFile? {
        guard isUnsynced else { return nil }
        isUnsynced = false
        return file
    }
}
