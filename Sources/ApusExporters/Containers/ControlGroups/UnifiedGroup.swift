/// Reads the files of version 2 of control groups.
///
/// Source: the kernel's document cgroup-v2.
enum UnifiedGroup {
    static func readProcessorTime(
        _ folder: FolderPath, _ reader: inout FileReader, into usage: inout ContainerUsage
    ) throws(ExporterError) {
        guard try reader.loadIfPresent(folder, "cpu.stat") else { return }
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine(), let name = cursor.nextField(), let value = cursor.nextInteger() {
            if cursor.isField(name, "usage_usec") {
                usage.processor = nanoseconds(value)
            } else if cursor.isField(name, "user_usec") {
                usage.userProcessor = nanoseconds(value)
            } else if cursor.isField(name, "system_usec") {
                usage.systemProcessor = nanoseconds(value)
            } else if cursor.isField(name, "nr_periods") {
                usage.periods = value
            } else if cursor.isField(name, "nr_throttled") {
                usage.throttledPeriods = value
            } else if cursor.isField(name, "throttled_usec") {
                usage.throttledTime = nanoseconds(value)
            } else if cursor.isField(name, "nr_bursts") {
                usage.burstPeriods = value
            } else if cursor.isField(name, "burst_usec") {
                usage.burstTime = nanoseconds(value)
            }
        }
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
        if try reader.loadIfPresent(folder, "memory.stat") { readStatistics(reader.text, into: &usage) }
        guard usage.memory != nil else { return }
        usage.highestMemory = try reader.value(folder, "memory.peak")
        usage.swap = try reader.value(folder, "memory.swap.current")
        guard try reader.loadIfPresent(folder, "memory.events") else { return }
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine(), let name = cursor.nextField(), let value = cursor.nextInteger() {
            if cursor.isField(name, "high") {
                usage.highEvents = value
            } else if cursor.isField(name, "max") {
                usage.limitEvents = value
            } else if cursor.isField(name, "oom_kill") {
                usage.outOfMemoryKills = value
            }
        }
    }

    private static func readStatistics(_ text: Span<UInt8>, into usage: inout ContainerUsage) {
        var cursor = FieldCursor(text)
        while cursor.nextLine(), let name = cursor.nextField() {
            if cursor.isField(name, "anon") {
                usage.resident = cursor.nextInteger()
            } else if cursor.isField(name, "file") {
                usage.cache = cursor.nextInteger()
            } else if cursor.isField(name, "kernel") {
                usage.kernelMemory = cursor.nextInteger()
            } else if cursor.isField(name, "file_mapped") {
                usage.mappedFile = cursor.nextInteger()
            } else if cursor.isField(name, "file_dirty") {
                usage.dirtyFile = cursor.nextInteger()
            } else if cursor.isField(name, "file_writeback") {
                usage.writebackFile = cursor.nextInteger()
            } else if cursor.isField(name, "inactive_file") {
                usage.inactiveFile = cursor.nextInteger()
            } else if cursor.isField(name, "active_file") {
                usage.activeFile = cursor.nextInteger()
            } else if cursor.isField(name, "pgfault") {
                usage.pageFaults = cursor.nextInteger()
                usage.totalPageFaults = usage.pageFaults
            } else if cursor.isField(name, "pgmajfault") {
                usage.majorPageFaults = cursor.nextInteger()
                usage.totalMajorPageFaults = usage.majorPageFaults
            } else if cursor.isField(name, "pgscan") {
                usage.scannedPages = cursor.nextInteger()
            } else if cursor.isField(name, "pgsteal") {
                usage.reclaimedPages = cursor.nextInteger()
            } else if cursor.isField(name, "workingset_refault_file") {
                usage.fileRefaults = cursor.nextInteger()
            } else if cursor.isField(name, "workingset_refault_anon") {
                usage.anonymousRefaults = cursor.nextInteger()
            }
        }
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

    private static func nanoseconds(_ microseconds: UInt64) -> UInt64 {
        let (product, overflows) = microseconds.multipliedReportingOverflow(by: 1_000)
        return overflows ? .max : product
    }
}
