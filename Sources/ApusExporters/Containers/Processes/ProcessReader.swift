import Glibc

/// Reads /proc of a container's processes.
enum ProcessReader {
    /// Entries of one process's folder of open files that are looked at.
    private static let maximumFiles = 16_384

    /// Folders below a group that are looked through for its processes.
    private static let maximumFolders = 64

    /// Processes, of which some may be left out.
    struct Found {
        /// Their numbers, as this process sees them.
        var ids: [UInt64] = []
        /// How many there are.
        var count: UInt64 = 0
    }

    /// The processes of a group, or those of the groups below where it has none itself: engines and init systems put
    /// them there.
    ///
    /// - Parameter limit: the most numbers that are told.
    static func processes(
        of group: GroupFolders, limit: Int, _ reader: inout FileReader
    ) throws(ExporterError) -> Found? {
        guard let folder = group.processFolder else { return nil }
        var found = Found()
        guard try read(folder, limit: limit, &reader, into: &found) else { return nil }
        guard found.count == 0 else { return found }
        var waiting = [folder]
        var folders = 0
        while let next = waiting.popLast(), folders < maximumFolders {
            folders += 1
            // A group that ended has none.
            for name in (try? next.subfolderNames(limit: maximumFolders)) ?? [] {
                let child = next.folder(name)
                if try read(child, limit: limit, &reader, into: &found) { waiting.append(child) }
            }
        }
        return found
    }

    /// Adds the processes of one folder; whether it has a list of them.
    private static func read(
        _ folder: FolderPath, limit: Int, _ reader: inout FileReader, into found: inout Found
    ) throws(ExporterError) -> Bool {
        guard try reader.loadIfPresent(folder, "cgroup.procs") else { return false }
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine(), let id = cursor.nextInteger() {
            found.count += 1
            // A process of another namespace is 0.
            if id != 0, found.ids.count < limit { found.ids.append(id) }
        }
        return true
    }

    /// Open files and sockets of processes; one that ended meanwhile, or is not to be looked at, has none.
    static func openFiles(of ids: [UInt64], _ procfs: FolderPath) -> (files: UInt64, sockets: UInt64) {
        var files: UInt64 = 0
        var sockets: UInt64 = 0
        for id in ids {
            let folder = procfs.folder("\(id)/fd")
            for name in (try? folder.names(limit: maximumFiles)) ?? [] {
                files += 1
                if folder.linkTarget(name)?.hasPrefix("socket:") == true { sockets += 1 }
            }
        }
        return (files, sockets)
    }

    /// The limit of open files that a process has; -1 for none.
    static func maximumOpenFiles(
        of id: UInt64, _ procfs: FolderPath, _ reader: inout FileReader
    ) throws(ExporterError) -> Double? {
        guard try reader.loadIfPresent(procfs, name: "\(id)/limits") else { return nil }
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine() {
            guard let first = cursor.nextField(), cursor.isField(first, "Max"), let second = cursor.nextField(),
                cursor.isField(second, "open"), let third = cursor.nextField(), cursor.isField(third, "files"),
                let soft = cursor.nextField()
            else { continue }
            return cursor.isField(soft, "unlimited") ? -1 : cursor.number(soft)
        }
        return nil
    }

    /// Processes by state.
    static func states(
        of ids: [UInt64], _ procfs: FolderPath, _ reader: inout FileReader
    ) throws(ExporterError) -> [UInt64] {
        var counts = [UInt64](repeating: 0, count: TaskState.allCases.count)
        for id in ids where try reader.loadIfPresent(procfs, name: "\(id)/stat") {
            var cursor = fieldsAfterName(reader.text)
            guard let field = cursor.nextField(), let state = TaskState(letter: cursor.byte(at: field.lowerBound))
            else {
                continue
            }
            counts[state.rawValue] += 1
        }
        return counts
    }

    /// When a process began, in seconds since the epoch.
    static func startTime(
        of id: UInt64, bootTime: Double, _ procfs: FolderPath, _ reader: inout FileReader
    ) throws(ExporterError) -> Double? {
        guard try reader.loadIfPresent(procfs, name: "\(id)/stat") else { return nil }
        var cursor = fieldsAfterName(reader.text)
        // The twenty-second field of proc(5); the state, the third, is the first here.
        cursor.skipFields(19)
        return cursor.nextInteger().map { bootTime + Double($0) / Double(max(1, sysconf(Int32(_SC_CLK_TCK)))) }
    }

    /// The fields of /proc/PID/stat from the third on; the name before them may have blanks and brackets itself.
    @_lifetime(copy text)
    private static func fieldsAfterName(_ text: Span<UInt8>) -> FieldCursor {
        var end = text.count
        while end > 0, text[end - 1] != UInt8(ascii: ")") { end -= 1 }
        var cursor = FieldCursor(text.extracting(end...))
        _ = cursor.nextLine()
        return cursor
    }
}

/// What a process does, in the words of cAdvisor.
enum TaskState: Int, CaseIterable {
    case sleeping
    case running
    case stopped
    case uninterruptible
    case ioWaiting

    /// The label.
    var name: String { self == .ioWaiting ? "iowaiting" : "\(self)" }

    /// The state that a letter of /proc/PID/stat says; source: proc(5).
    init?(letter: UInt8) {
        switch letter {
        case UInt8(ascii: "R"): self = .running
        case UInt8(ascii: "S"), UInt8(ascii: "I"): self = .sleeping
        case UInt8(ascii: "D"): self = .uninterruptible
        case UInt8(ascii: "T"), UInt8(ascii: "t"): self = .stopped
        default: return nil
        }
    }
}
