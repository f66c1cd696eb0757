/// Reads the files of version 1 of control groups.
///
/// Source: the kernel's documents of the controllers cpuacct, memory and blkio, and of the scheduler's bandwidth
/// control.
enum LegacyGroup {
    /// Kernels tell times of /proc/stat and cpuacct.stat in hundredths of seconds.
    private static let tick: UInt64 = 10_000_000
    /// A limit above is none: the kernel writes the greatest number of whole pages.
    private static let greatestLimit: UInt64 = 1 << 62

    private typealias Fields = FieldTable<ContainerUsage>

    private static let timeFields = Fields([
        .init("user", \.userProcessor, factor: tick), .init("system", \.systemProcessor, factor: tick),
    ])
    private static let throttlingFields = Fields([
        .init("nr_periods", \.periods), .init("nr_throttled", \.throttledPeriods),
        .init("throttled_time", \.throttledTime), .init("nr_bursts", \.burstPeriods), .init("burst_time", \.burstTime),
    ])
    private static let outOfMemoryFields = Fields([.init("oom_kill", \.outOfMemoryKills)])
    /// Names with `total_` count the groups below too.
    private static let memoryFields = Fields([
        .init("pgfault", \.pageFaults), .init("pgmajfault", \.majorPageFaults), .init("total_cache", \.cache),
        .init("total_rss", \.resident), .init("total_mapped_file", \.mappedFile), .init("total_swap", \.swap),
        .init("total_inactive_file", \.inactiveFile), .init("total_active_file", \.activeFile),
        .init("total_dirty", \.dirtyFile), .init("total_writeback", \.writebackFile),
        .init("total_pgfault", \.totalPageFaults), .init("total_pgmajfault", \.totalMajorPageFaults),
        .init("total_workingset_refault_file", \.fileRefaults),
        .init("total_workingset_refault_anon", \.anonymousRefaults),
    ])

    static func readProcessorTime(
        _ folder: FolderPath, _ reader: inout FileReader, into usage: inout ContainerUsage
    ) throws(ExporterError) {
        usage.processor = try reader.value(folder, "cpuacct.usage")
        usage.userProcessor = try reader.value(folder, "cpuacct.usage_user")
        usage.systemProcessor = try reader.value(folder, "cpuacct.usage_sys")
        if usage.userProcessor == nil, try reader.loadIfPresent(folder, "cpuacct.stat") {
            timeFields.read(reader.text, into: &usage)
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
        if try reader.loadIfPresent(folder, "cpu.stat") { throttlingFields.read(reader.text, into: &usage) }
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
            outOfMemoryFields.read(reader.text, into: &usage)
        }
        if try reader.loadIfPresent(folder, "memory.stat") { memoryFields.read(reader.text, into: &usage) }
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
