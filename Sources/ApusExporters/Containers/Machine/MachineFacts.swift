/// What a machine is, which does not change while it runs.
struct MachineFacts: Sendable {
    let machineID: String
    let bootID: String
    let systemID: String
    /// Logical processors.
    let processors: Int
    let physicalProcessors: Int
    let sockets: Int
    /// When it was started, in seconds since the epoch.
    let bootTime: Double
    let kernel: String
    let system: String

    /// Reads it; what is not told is empty or 0.
    init(_ host: HostFolders, _ reader: inout FileReader) {
        func line(_ folder: FolderPath, _ name: String, _ reader: inout FileReader) -> String {
            ((try? reader.line(folder, name: name)) ?? nil) ?? ""
        }
        machineID = line(host.rootfs, "etc/machine-id", &reader)
        bootID = line(host.procfs, "sys/kernel/random/boot_id", &reader)
        systemID = line(host.sysfs, "class/dmi/id/product_uuid", &reader)
        kernel = line(host.procfs, "sys/kernel/osrelease", &reader)
        let folder = host.sysfs.folder("devices/system/cpu")
        var cores: Set<[String]> = []
        var packages: Set<String> = []
        var count = 0
        for name in (try? folder.names()) ?? [] {
            guard name.hasPrefix("cpu"), name.utf8.dropFirst(3).allSatisfy({ (48...57).contains($0) }),
                name.utf8.count > 3
            else { continue }
            // The first processor of many machines cannot be switched off, and does not say that it is on.
            if line(folder, "\(name)/online", &reader) == "0" { continue }
            count += 1
            let package = line(folder, "\(name)/topology/physical_package_id", &reader)
            guard !package.isEmpty else { continue }
            packages.insert(package)
            cores.insert([package, line(folder, "\(name)/topology/core_id", &reader)])
        }
        processors = count
        sockets = packages.count
        physicalProcessors = cores.count
        bootTime = Self.bootTime(host, &reader)
        system = Self.system(host, &reader)
    }

    private static func bootTime(_ host: HostFolders, _ reader: inout FileReader) -> Double {
        guard (try? reader.loadIfPresent(host.procfs, "stat")) == true else { return 0 }
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine() {
            if let name = cursor.nextField(), cursor.isField(name, "btime") { return cursor.nextNumber() ?? 0 }
        }
        return 0
    }

    /// The name of the system, from os-release(5).
    private static func system(_ host: HostFolders, _ reader: inout FileReader) -> String {
        for file in ["etc/os-release", "usr/lib/os-release"]
        where (try? reader.loadIfPresent(host.rootfs, name: file)) == true {
            var cursor = FieldCursor(reader.text)
            while cursor.nextLine() {
                guard let name = cursor.field(before: UInt8(ascii: "=")), cursor.isField(name, "PRETTY_NAME") else {
                    continue
                }
                return cursor.restOfLine().filter { $0 != "\"" && $0 != "'" }
            }
        }
        return ""
    }
}

/// The memory of a machine in bytes, from /proc/meminfo.
struct MachineMemory: Sendable {
    private(set) var total: UInt64 = 0
    private(set) var free: UInt64 = 0
    private(set) var swap: UInt64 = 0
    private(set) var freeSwap: UInt64 = 0

    /// A machine of which nothing is known.
    init() {}

    init(_ procfs: FolderPath, _ reader: inout FileReader) throws(ExporterError) {
        try reader.load(procfs, "meminfo")
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine() {
            // Values are in kibibytes.
            guard let name = cursor.field(before: UInt8(ascii: ":")),
                let value = cursor.nextInteger()?.multipliedReportingOverflow(by: 1_024), !value.overflow
            else { continue }
            if cursor.isField(name, "MemTotal") {
                total = value.partialValue
            } else if cursor.isField(name, "MemFree") {
                free = value.partialValue
            } else if cursor.isField(name, "SwapTotal") {
                swap = value.partialValue
            } else if cursor.isField(name, "SwapFree") {
                freeSwap = value.partialValue
            }
        }
    }
}
