import ApusModel
import Glibc

/// Sizes of the mounted file systems.
struct FilesystemCollector: HostCollector {
    let name = "filesystem"
    private let probe: FilesystemProbe
    private let mounts = LastReading<[MountTable.Mount]>()

    init(probe: FilesystemProbe) {
        self.probe = probe
    }

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        // Of the first process, since "self" may have a container's mounts.
        if try !reader.loadIfPresent(host.procfs, "1/mounts") { try reader.load(host.procfs, "mounts") }
        let root = host.rootfs.text
        let mounts = mounts.value(of: reader.text) { MountTable.read($0, root: root) }
        let answers = probe.answers(mounts.map { root == "/" ? $0.mountPoint : host.rootfs.file($0.mountPoint) })
        let places = Places(&samples)
        for (mount, answer) in zip(mounts, answers) {
            var labels: [UInt8] = []
            LabelText.append("device", mount.device, to: &labels)
            LabelText.append("device_error", Self.problem(of: answer), to: &labels)
            LabelText.append("fstype", mount.type, to: &labels)
            LabelText.append("mountpoint", mount.mountPoint, to: &labels)
            samples.append(mount.isReadOnly ? 1 : 0, labels, to: places.readOnly)
            guard case .sizes(let sizes) = answer else {
                samples.append(1, labels, to: places.error)
                continue
            }
            samples.append(0, labels, to: places.error)
            samples.append(sizes.total, labels, to: places.size)
            samples.append(sizes.free, labels, to: places.free)
            samples.append(sizes.available, labels, to: places.available)
            samples.append(sizes.files, labels, to: places.files)
            samples.append(sizes.freeFiles, labels, to: places.freeFiles)
        }
    }

    private static func problem(of answer: FilesystemProbe.Answer) -> String {
        switch answer {
        case .sizes: ""
        case .failed(let code): unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        case .hangs: "mountpoint timeout"
        }
    }

    private struct Places {
        let available, error, files, freeFiles, free, readOnly, size: MetricSamples.Place

        init(_ samples: inout MetricSamples) {
            available = samples.family(
                .gauge, "node_filesystem_avail_bytes", "Filesystem space available to non-root users in bytes.")
            error = samples.family(
                .gauge, "node_filesystem_device_error",
                "Whether an error occurred while getting statistics for the given device.")
            files = samples.family(.gauge, "node_filesystem_files", "Filesystem total file nodes.")
            freeFiles = samples.family(.gauge, "node_filesystem_files_free", "Filesystem total free file nodes.")
            free = samples.family(.gauge, "node_filesystem_free_bytes", "Filesystem free space in bytes.")
            readOnly = samples.family(.gauge, "node_filesystem_readonly", "Filesystem read-only status.")
            size = samples.family(.gauge, "node_filesystem_size_bytes", "Filesystem size in bytes.")
        }
    }
}
