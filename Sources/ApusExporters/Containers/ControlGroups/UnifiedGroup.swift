/// Reads the files of version 2 of control groups.
///
/// Source: the kernel's document cgroup-v2.
enum UnifiedGroup {
    private typealias Fields = FieldTable<ContainerUsage>

    private static let processorFields = Fields([
        .init("usage_usec", \.processor, factor: 1_000), .init("user_usec", \.userProcessor, factor: 1_000),
        .init("system_usec", \.systemProcessor, factor: 1_000), .init("nr_periods", \.periods),
        .init("nr_throttled", \.throttledPeriods), .init("throttled_usec", \.throttledTime, factor: 1_000),
        .init("nr_bursts", \.burstPeriods), .init("burst_usec", \.burstTime, factor: 1_000),
    ])
    private static let memoryFields = Fields([
        .init("anon", \.resident), .init("file", \.cache), .init("kernel", \.kernelMemory),
        .init("file_mapped", \.mappedFile), .init("file_dirty", \.dirtyFile), .init("file_writeback", \.writebackFile),
        .init("inactive_file", \.inactiveFile), .init("active_file", \.activeFile), .init("pgfault", \.pageFaults),
        .init("pgmajfault", \.majorPageFaults), .init("pgscan", \.scannedPages), .init("pgsteal", \.reclaimedPages),
        .init("workingset_refault_file", \.fileRefaults), .init("workingset_refault_anon", \.anonymousRefaults),
    ])
    private static let memoryEvents = Fields([
        .init("high", \.highEvents), .init("max", \.limitEvents), .init("oom_kill", \.outOfMemoryKills),
    ])

    static func readProcessorTime(
        _ folder: FolderPath, _ reader: inout FileReader, into usage: inout ContainerUsage
    ) throws(ExporterError) {
        if try reader.loadIfPresent(folder, "cpu.stat") { processorFields.read(reader.text, into: &usage) }
    }

    static func readProcessorLimits(
        _ folder: FolderPath, _ reader: inout FileReader, into limits: inout GroupLimits
    ) throws(ExporterError) {
        if try reader.loadIfPresent(folder, "cpu.max") {
            var cursor = FieldCursor(reader.text)
            if cursor.nextLine(), let quota = cursor.nextField() {
                limits.processorQuota = cursor.integer(quota)
                limits.processorPeriod = cursor.nextInteger()
            }
        }
        // Engines made the weight of the shares in this way, which is turned round here.
        if let weight = try reader.value(folder, "cpu.weight"), (1...10_000).contains(weight) {
            limits.processorShares = 2 + (weight - 1) * 262_142 / 9_999
        }
    }

    static func readMemoryLimits(
        _ folder: FolderPath, _ reader: inout FileReader, into limits: inout GroupLimits
    ) throws(ExporterError) {
        limits.memory = try limit(folder, "memory.max", &reader)
        limits.swap = try limit(folder, "memory.swap.max", &reader)
        limits.memoryReservation = try limit(folder, "memory.low", &reader)
    }

    static func readMemory(
        _ folder: FolderPath, _ reader: inout FileReader, into usage: inout ContainerUsage
    ) throws(ExporterError) {
        usage.memory = try reader.value(folder, "memory.current")
        if try reader.loadIfPresent(folder, "memory.stat") {
            memoryFields.read(reader.text, into: &usage)
            // Version 2 counts the groups below too.
            usage.totalPageFaults = usage.pageFaults
            usage.totalMajorPageFaults = usage.majorPageFaults
        }
        guard usage.memory != nil else { return }
        usage.highestMemory = try reader.value(folder, "memory.peak")
        usage.swap = try reader.value(folder, "memory.swap.current")
        if try reader.loadIfPresent(folder, "memory.events") { memoryEvents.read(reader.text, into: &usage) }
    }

    /// Lines such as `8:0 rbytes=90112 wbytes=0 rios=22 wios=0 dbytes=0 dios=0`.
    static func readDisks(
        _ folder: FolderPath, _ reader: inout FileReader, into usage: inout ContainerUsage
    ) throws(ExporterError) {
        guard try reader.loadIfPresent(folder, "io.stat") else { return }
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine() {
            guard let number = cursor.nextField(), let (major, minor) = DeviceNumber.read(number, in: cursor) else {
                continue
            }
            while let field = cursor.nextField() {
                for (prefix, operation, areBytes) in Self.columns where cursor.hasPrefix(field, prefix) {
                    guard let value = cursor.integer(field.dropFirst(prefix.utf8CodeUnitCount)) else { continue }
                    usage.note(value, operation, areBytes: areBytes, major: major, minor: minor)
                }
            }
        }
    }

    private static let columns: [(prefix: StaticString, operation: DiskOperation, areBytes: Bool)] = [
        ("rbytes=", .read, true), ("wbytes=", .write, true), ("dbytes=", .discard, true), ("rios=", .read, false),
        ("wios=", .write, false),
    ]

    /// 0 where there is no limit.
    private static func limit(
        _ folder: FolderPath, _ name: StaticString, _ reader: inout FileReader
    ) throws(ExporterError) -> UInt64? {
        try reader.value(folder, name).map { $0 == .max ? 0 : $0 }
    }
}
