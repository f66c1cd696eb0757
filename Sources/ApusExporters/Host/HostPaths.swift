/// Where the host's file systems are: other places than usual where they are mounted into a container.
package struct HostPaths: Sendable {
    /// The host's /proc.
    package var procfs: String
    /// The host's /sys.
    package var sysfs: String
    /// The host's root, before mount points and before /etc.
    package var rootfs: String

    /// The usual places, or others.
    package init(procfs: String = "/proc", sysfs: String = "/sys", rootfs: String = "/") {
        self.procfs = procfs
        self.sysfs = sysfs
        self.rootfs = rootfs
    }
}

/// The folders that collectors of the host read.
struct HostFolders: Sendable {
    let procfs: FolderPath
    let sysfs: FolderPath
    let rootfs: FolderPath
    /// The network files of the host: those of its first process, since "self" may live in a container's network.
    let net: FolderPath

    init(_ paths: HostPaths) {
        procfs = FolderPath(paths.procfs)
        sysfs = FolderPath(paths.sysfs)
        rootfs = FolderPath(paths.rootfs)
        net = procfs.canRead("1/net/dev") ? procfs.folder("1/net") : procfs.folder("net")
    }
}
