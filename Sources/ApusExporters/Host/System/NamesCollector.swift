import Glibc

/// Names of the machine and its kernel, as `uname` tells them.
struct NamesCollector: HostCollector {
    let name = "uname"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        let folder = host.procfs.folder("sys/kernel")
        guard let release = try reader.line(folder, name: "osrelease") else {
            throw .absent(folder.file("osrelease"))
        }
        samples.gauge(
            "node_uname_info", "Labeled system information as provided by the uname system call.", 1,
            LabelText.make([
                "domainname": try reader.line(folder, name: "domainname") ?? "", "machine": Self.machine,
                "nodename": try Self.nodeName(host, &reader), "release": release,
                "sysname": try reader.line(folder, name: "ostype") ?? "Linux",
                "version": try reader.line(folder, name: "version") ?? "",
            ]))
    }

    /// The host's name: of a mounted host the one in its files, since the kernel tells a container the container's.
    private static func nodeName(_ host: HostFolders, _ reader: inout FileReader) throws(ExporterError) -> String {
        if host.rootfs.text != "/", let name = try reader.line(host.rootfs, name: "etc/hostname"), !name.isEmpty {
            return name
        }
        return try reader.line(host.procfs, name: "sys/kernel/hostname") ?? ""
    }

    /// The kind of processor, which no file tells.
    private static var machine: String {
        var names = utsname()
        guard unsafe uname(&names) == 0 else { return "" }
        return unsafe withUnsafeBytes(of: &names.machine) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
