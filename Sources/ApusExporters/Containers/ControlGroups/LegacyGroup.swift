/// Reads the files of version 1 of control groups.
///
/// Source: the kernel's documents of the controllers cpuacct, memory and blkio, and of the scheduler's bandwidth
/// control.
enum LegacyGroup {
    /// Kernels tell times of /proc/stat and cpuacct.stat in hundredths of seconds.
    private static let tick: UInt64 = 10_000_000
    /// A limit above is none: the kernel writes the greatest number of whole pages.
    private static let greatestLimit: UInt64 = 1 << 62

    static func readProcessorTime(
        _ folder: FolderPath, _ reader: inout FileReader, into usage: inout ContainerUsage
    ) throws(ExporterError) {
        usage.processor = try reader.value(folder, "cpuacct.usage")
        usage.userProcessor = try reader.value(folder, "cpuacct.usage_user")
        usage.systemProcessor = try reader.value(folder, "cpuacct.usage_sys")
        if usage.userProcessor == nil, try reader.loadIfPresent(folder, "cpuacct.stat") {
            var cursor = FieldCursor(reader.text)
            while cursor.nextLine(), let name = cursor.nextField(), let value = cursor.nextInteger() {
                if cursor.isField(name, "user") { usage.userProcessor = value &* tick }
                if cursor.isField(name, "system") { usage.systemProcessor = value &* tick }
            }
        }
    }

    static func readTimePerProcessor(
        _ folder: FolderPath, _ reader: inout FileReader, into usage: inout ContainerUsage
    ) throws(ExporterError) {
        guard try reader.loadIfPresent(folder, "cpuacct.usage_percpu") else { return }
        var cursor = FieldCursor(reader.text)
        guard cursor.nextLine() else { return }
        while let value = cursor.nextInteger() { usage.perProcessor.append(value) }
    }

    static func readProcessorLimits(
        _ folder: FolderPath, _ reader: inout FileReader, into limits: inout GroupLimits
    ) throws(ExporterError) {
        limits.processorShares = try reader.value(folder, "cpu.shares")
        limits.processorPeriod = try reader.value(folder, "cpu.cfs_period_us")
        limits.processorQuota = try reader.value(folder, "cpu.cfs_quota_us").flatMap { $0 < greatestLimit ? $0 : nil }
    }

    static func readMemoryLimits(
        _ folder: FolderPath, _ reader: inout FileReader, into limits: inout GroupLimits
    ) throws(ExporterError) {
        limits.memory = try limit(folder, "memory.limit_in_bytes", &reader)
        limits.swap = try limit(folder, "memory.memsw.limit_in_bytes", &reader)
        limits.memoryReservation = try limit(folder, "memory.soft_limit_in_bytes", &reader)
    }

    /// How often a quota was used up.
    static func readThrottling(
        _ folder: FolderPath, _ reader: inout FileReader, into usage: inout ContainerUsage
    ) throws(ExporterError) {
        guard try reader.loadIfPresent(folder, "cpu.stat") else { return }
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine(), let name = cursor.nextField(), let value = cursor.nextInteger() {
            if cursor.isField(name, "nr_periods") {
                usage.periods = value
            } else if cursor.isField(name, "nr_throttled") {
                usage.throttledPeriods = value
            } else if cursor.isField(name, "throttled_time") {
                usage.throttledTime = value
            } else if cursor.isField(name, "nr_bursts") {
                usage.burstPeriods = value
            } else if cursor.isField(name, "burst_time") {
                usage.burstTime = value
            }
        }
    }

    static func readMemory(
        _ folder: FolderPath, _ reader: inout FileReader, into usage: inout ContainerUsage
    ) throws(ExporterError) {
        reader.enter(folder)
        guard let memory = try reader.value(folder, "memory.usage_in_bytes") else { return }
        usage.memory = memory
        usage.highestMemory = try reader.value(folder, "memory.max_usage_in_bytes")
        usage.failureCount = try reader.value(folder, "memory.failcnt")
        usage.kernelMemory = try reader.value(folder, "memory.kmem.usage_in_bytes")
        if try reader.loadIfPresent(folder, "memory.oom_control") {
            var cursor = FieldCursor(reader.text)
            while cursor.nextLine(), let name = cursor.nextField() {
                if cursor.isField(name, "oom_kill") { usage.outOfMemoryKills = cursor.nextInteger() }
            }
        }
        if try reader.loadIfPresent(folder, "memory.stat") { readStatistics(reader.text, into: &usage) }
    }

    /// Names with `total_` count the groups below too.
    private static func readStatistics(_ text: Span<UInt8>, into usage: inout ContainerUsage) {
        var cursor = FieldCursor(text)
        while cursor.nextLine(), let name = cursor.nextField() {
            guard cursor.hasPrefix(name, "total_") else {
                if cursor.isField(name, "pgfault") {
                    usage.pageFaults = cursor.nextInteger()
                } else if cursor.isField(name, "pgmajfault") {
                    usage.majorPageFaults = cursor.nextInteger()
                }
                continue
            }
            let name = name.dropFirst(6)
            if cursor.isField(name, "cache") {
                usage.cache = cursor.nextInteger()
            } else if cursor.isField(name, "rss") {
                usage.resident = cursor.nextInteger()
            } else if cursor.isField(name, "mapped_file") {
                usage.mappedFile = cursor.nextInteger()
            } else if cursor.isField(name, "swap") {
                usage.swap = cursor.nextInteger()
            } else if cursor.isField(name, "inactive_file") {
                usage.inactiveFile = cursor.nextInteger()
            } else if cursor.isField(name, "active_file") {
                usage.activeFile = cursor.nextInteger()
            } else if cursor.isField(name, "dirty") {
                usage.dirtyFile = cursor.nextInteger()
            } else if cursor.isField(name, "writeback") {
                usage.writebackFile = cursor.nextInteger()
            } else if cursor.isField(name, "pgfault") {
                usage.totalPageFaults = cursor.nextInteger()
            } else if cursor.isField(name, "pgmajfault") {
                usage.totalMajorPageFaults = cursor.nextInteger()
            } else if cursor.isField(name, "workingset_refault_file") {
                usage.fileRefaults = cursor.nextInteger()
            } else if cursor.isField(name, "workingset_refault_anon") {
                usage.anonymousRefaults = cursor.nextInteger()
            }
        }
    }

    static func readDisks(
        _ folder: FolderPath, _ reader: inout FileReader, into usage: inout ContainerUsage
    ) throws(ExporterError) {
        // The recursive files came with Linux 4.17.
        if try reader.loadIfPresent(folder, "blkio.throttle.io_service_bytes_recursive") {
            readOperations(reader.text, areBytes: true, into: &usage)
        } else if try reader.loadIfPresent(folder, "blkio.throttle.io_service_bytes") {
            readOperations(reader.text, areBytes: true, into: &usage)
        }
        if try reader.loadIfPresent(folder, "blkio.throttle.io_serviced_recursive") {
            readOperations(reader.text, areBytes: false, into: &usage)
        } else if try reader.loadIfPresent(folder, "blkio.throttle.io_serviced") {
            readOperations(reader.text, areBytes: false, into: &usage)
        }
    }

    /// Lines such as `8:0 Read 4096`, and one `Total 4096` at the end.
    private static func readOperations(_ text: Span<UInt8>, areBytes: Bool, into usage: inout ContainerUsage) {
        var cursor = FieldCursor(text)
        while cursor.nextLine() {
            guard let number = cursor.nextField(), let (major, minor) = DeviceNumber.read(number, in: cursor),
                let word = cursor.nextField(), let value = cursor.nextInteger(),
                let operation = DiskOperation.allCases.first(where: { cursor.isField(word, $0.name) })
            else { continue }
            usage.note(value, operation, areBytes: areBytes, major: major, minor: minor)
        }
    }

    /// 0 where there is no limit, `nil` where the kernel knows none.
    private static func limit(
        _ folder: FolderPath, _ name: StaticString, _ reader: inout FileReader
    ) throws(ExporterError) -> UInt64? {
        try reader.value(folder, name).map { $0 > greatestLimit ? 0 : $0 }
    }
}
