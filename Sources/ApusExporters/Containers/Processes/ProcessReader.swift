import Glibc

/// Reads /proc of a container's processes.
enum ProcessReader {
    /// Entries of one process's folder of open files that are looked at.
    private static let maximumFiles = 16_384

    /// The numbers of a group's processes as this process sees them, at most `limit`; empty where the group has none itself.
    ///
    /// - Returns: also how many there are.
    static func processes(
        of group: GroupFolders, limit: Int, _ reader: inout FileReader
    ) throws(ExporterError) -> (ids: [UInt64], count: UInt64)? {
        guard let folder = group.processFolder, try reader.loadIfPresent(folder, "cgroup.procs") else { return nil }
        var ids: [UInt64] = []
        var count: UInt64 = 0
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine(), let id = cursor.nextInteger() {
            count += 1
            // A process of another namespace is 0.
            if id != 0, ids.count < limit { ids.append(id) }
        }
        return (ids, count)
    }

    /// The same with the groups below, since engines and init systems put processes there.
    static func allProcesses(
        of group: GroupFolders, limit: Int, _ reader: inout FileReader
    ) throws(ExporterError) -> (ids: [UInt64], count: UInt64)? {
        guard let (ids, count) = try processes(of: group, limit: limit, &reader) else { return nil }
        guard count == 0, let folder = group.processFolder else { return (ids, count) }
        var all = (ids: ids, count: count)
        var waiting = [folder]
        var folders = 0
        while let next = waiting.popLast(), folders < 64 {
            folders += 1
            guard let names = try? next.subfolderNames(limit: 64) else { continue }
            for name in names {
                let child = next.folder(name)
                let group = GroupFolders(path: "", unified: child, legacy: [])
                guard let (ids, count) = try processes(of: group, limit: limit - all.ids.count, &reader) else {
                    continue
                }
                all.ids += ids
                all.count += count
                waiting.append(child)
            }
        }
        return all
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
            let text = reader.text
            // The name before the state may have blanks and brackets itself.
            var index = text.count - 1
            while index >= 0, text[index] != UInt8(ascii: ")") { index -= 1 }
            guard index >= 0, index + 2 < text.count, let state = TaskState(letter: text[index + 2]) else { continue }
            counts[state.rawValue] += 1
        }
        return counts
    }

    /// When a process began, in seconds since the epoch.
    static func startTime(
        of id: UInt64, bootTime: Double, _ procfs: FolderPath, _ reader: inout FileReader
    ) throws(ExporterError) -> Double? {
        guard try reader.loadIfPresent(procfs, name: "\(id)/stat") else { return nil }
        let text = reader.text
        var index = text.count - 1
        while index >= 0, text[index] != UInt8(ascii: ")") { index -= 1 }
        guard index >= 0 else { return nil }
        var cursor = FieldCursor(text.extracting((index + 1)...))
        guard cursor.nextLine() else { return nil }
        // The twenty-second field of proc(5); the state, the third, is the first here.
        cursor.skipFields(19)
        return cursor.nextInteger().map { bootTime + Double($0) / Double(max(1, sysconf(Int32(_SC_CLK_TCK)))) }
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
