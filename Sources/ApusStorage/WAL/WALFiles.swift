import ApusBytes

/// The files of the log.
struct WALFiles {
    /// The number of a checkpoint of the log, which older versions made; it stands for all segments up to it.
    var checkpoint: UInt64?
    /// The segments after it, ascending.
    var segments: [UInt64] = []

    /// Lists the files in `folder` and removes what a crash left over.
    init(folder: String) throws(FileError) {
        let names = try Folder.names(in: folder)
        for name in names where name.hasSuffix(".tmp") { try Folder.removeFile("\(folder)/\(name)") }
        let checkpoints = names.compactMap { WALFormat.number(of: $0, ending: ".checkpoint") }
        checkpoint = checkpoints.max()
        for number in checkpoints where number != checkpoint {
            try Folder.removeFile("\(folder)/\(WALFormat.checkpointName(number))")
        }
        for number in names.compactMap({ WALFormat.number(of: $0, ending: ".segment") }).sorted() {
            if let checkpoint, number <= checkpoint {
                try Folder.removeFile("\(folder)/\(WALFormat.segmentName(number))")
            } else {
                segments.append(number)
            }
        }
    }

    /// The number at which the log goes on, at least `number`: a last segment without records is written anew.
    func nextSegment(in folder: String, from number: UInt64) -> UInt64 {
        guard let last = segments.last else { return max(number, (checkpoint ?? 0) + 1) }
        let length = Folder.length(of: "\(folder)/\(WALFormat.segmentName(last))")
        return max(number, length <= WALFormat.headerLength ? last : last + 1)
    }

    /// Leaves out what a checkpoint of the head stands for: segments below `number` and an older checkpoint.
    mutating func begin(at number: UInt64) {
        segments.removeAll { $0 < number }
        if let checkpoint, checkpoint < number { self.checkpoint = nil }
    }

    /// Removes the segments below `number` and an older checkpoint.
    static func remove(before number: UInt64, folder: String) throws(FileError) {
        for name in try Folder.names(in: folder) {
            let found =
                WALFormat.number(of: name, ending: ".segment") ?? WALFormat.number(of: name, ending: ".checkpoint")
            if let found, found < number { try Folder.removeFile("\(folder)/\(name)") }
        }
    }

    /// The names in the order in which they are read.
    var names: [String] {
        (checkpoint.map { [WALFormat.checkpointName($0)] } ?? []) + segments.map(WALFormat.segmentName)
    }
}
