/// The mounted file systems that count.
enum MountTable {
    /// A mounted file system.
    struct Mount: Hashable, Sendable {
        let device: String
        /// As the host sees it.
        let mountPoint: String
        let type: String
        let isReadOnly: Bool
    }

    /// More are left out.
    private static let limit = 1_024

    /// Types that hold no files of users, as node-exporter leaves them out.
    private static let ignoredTypes: Set<String> = [
        "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "erofs",
        "fusectl", "hugetlbfs", "iso9660", "mqueue", "nsfs", "overlay", "proc", "procfs", "pstore", "rpc_pipefs",
        "securityfs", "selinuxfs", "squashfs", "sysfs", "tracefs",
    ]

    /// Reads /proc/PID/mounts, each device at each place once.
    ///
    /// Where the host's root is mounted elsewhere, the table may be that of the host, which knows nothing of it, or the one of the
    /// container that it is mounted into: then what is mounted outside of it is the container's.
    ///
    /// - Parameter root: where the host's root is mounted, with a slash at the end.
    static func read(_ text: Span<UInt8>, root: String) -> [Mount] {
        let isOfContainer = root != "/" && containsMount(at: String(root.dropLast()), in: text)
        var mounts: [Mount] = []
        var known: Set<Mount> = []
        var cursor = FieldCursor(text)
        while cursor.nextLine(), mounts.count < limit {
            guard let device = cursor.nextField(), let point = cursor.nextField(), let type = cursor.nextField(),
                let options = cursor.nextField()
            else { continue }
            let fileSystem = cursor.string(type)
            if ignoredTypes.contains(fileSystem) { continue }
            let path = unescaped(cursor.string(point))
            guard let mountPoint = isOfContainer ? place(path, below: root) : path, !isIgnored(mountPoint) else {
                continue
            }
            let mount = Mount(
                device: unescaped(cursor.string(device)), mountPoint: mountPoint, type: fileSystem,
                isReadOnly: cursor.string(options).split(separator: ",").contains("ro"))
            if known.insert(mount).inserted { mounts.append(mount) }
        }
        return mounts
    }

    private static func containsMount(at path: String, in text: Span<UInt8>) -> Bool {
        var cursor = FieldCursor(text)
        while cursor.nextLine() {
            cursor.skipFields(1)
            if let point = cursor.nextField(), unescaped(cursor.string(point)) == path { return true }
        }
        return false
    }

    /// The mount point as the host has it; `nil` for one that is not the host's.
    private static func place(_ path: String, below root: String) -> String? {
        if path + "/" == root { return "/" }
        return path.hasPrefix(root) ? "/" + path.dropFirst(root.count) : nil
    }

    private static func isIgnored(_ path: String) -> Bool {
        for folder in ["/dev", "/proc", "/sys"] where path == folder || path.hasPrefix(folder + "/") { return true }
        for folder in ["/run/credentials/", "/var/lib/docker/", "/var/lib/containers/storage/"]
        where path.hasPrefix(folder) {
            return true
        }
        return false
    }

    /// Blanks, tabs, newlines and backslashes are written as three octal digits.
    private static func unescaped(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let digits = bytes[index...].dropFirst().prefix(3)
            if bytes[index] == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (48...55).contains($0) }) {
                let value = digits.reduce(0) { $0 * 8 + Int($1) - 48 }
                result.append(UInt8(truncatingIfNeeded: value))
                index += 4
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
