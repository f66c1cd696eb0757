import ApusBytes
import ApusModel

extension HeadTombstones {
    static let fileName = "head.tombstones"

    /// Makes these the tombstones of the head in a data folder, durably.
    func write(dataFolder: String) throws(FileError) {
        let path = "\(dataFolder)/\(Self.fileName)"
        if isEmpty {
            try Folder.removeFile(path)
            try Folder.synchronize(dataFolder)
        } else {
            try SealedFile.write(encoded(), magic: SealedFile.tombstonesMagic, to: path)
        }
    }

    /// Reads the tombstones of the head in a data folder; a damaged file is reported and set aside.
    init(dataFolder: String, report: (StorageEvent) -> Void) throws(StorageError) {
        let path = "\(dataFolder)/\(Self.fileName)"
        do throws(BlockError) {
            let read = try SealedFile.read(path, magic: SealedFile.tombstonesMagic) { body throws(ByteError) in
                try HeadTombstones(body: body)
            }
            self = read ?? HeadTombstones()
        } catch {
            switch error {
            case .newerFormat(let path, let version): throw .newerFormat(path: path, version: version)
            case .file(let error): throw .folderUnusable(folder: dataFolder, reason: error.description)
            case .damaged(_, let reason):
                report(.damagedTombstones(path: path, reason: reason))
                do throws(FileError) { try Folder.rename(path, to: path + ".damaged") } catch {
                    throw .folderUnusable(folder: dataFolder, reason: error.description)
                }
                self.init()
            }
        }
    }
}
