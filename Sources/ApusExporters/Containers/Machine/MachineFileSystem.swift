/// A file system on a disk of the machine.
struct MachineFileSystem: Sendable {
    let device: String
    let sizes: FilesystemProbe.Sizes

    /// The file systems on disks, each device once; one that does not answer is left out.
    static func all(
        _ host: HostFolders, probe: FilesystemProbe, _ reader: inout FileReader
    ) throws(ExporterError) -> [MachineFileSystem] {
        if try !reader.loadIfPresent(host.procfs, "1/mounts"), try !reader.loadIfPresent(host.procfs, "mounts") {
            return []
        }
        let root = host.rootfs.text
        var mounts: [MountTable.Mount] = []
        for mount in MountTable.read(reader.text, root: root)
        where mount.device.hasPrefix("/dev/") && !mounts.contains(where: { $0.device == mount.device }) {
            mounts.append(mount)
        }
        let answers = probe.answers(mounts.map { root == "/" ? $0.mountPoint : host.rootfs.file($0.mountPoint) })
        return zip(mounts, answers).compactMap { mount, answer in
            guard case .sizes(let sizes) = answer else { return nil }
            return MachineFileSystem(device: mount.device, sizes: sizes)
        }
    }
}
