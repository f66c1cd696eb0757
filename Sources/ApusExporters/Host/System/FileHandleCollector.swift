/// Open files of the whole system, from /proc/sys/fs/file-nr.
struct FileHandleCollector: HostCollector {
    let name = "filefd"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        try reader.load(host.procfs, "sys/fs/file-nr")
        var cursor = FieldCursor(reader.text)
        guard cursor.nextLine(), let allocated = cursor.nextNumber(), cursor.nextField() != nil,
            let maximum = cursor.nextNumber()
        else { throw .malformed(path: reader.lastPath, reason: "three numbers were expected") }
        samples.gauge("node_filefd_allocated", "File descriptor statistics: allocated.", allocated)
        samples.gauge("node_filefd_maximum", "File descriptor statistics: maximum.", maximum)
    }
}
