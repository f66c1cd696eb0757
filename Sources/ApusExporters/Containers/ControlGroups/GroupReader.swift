/// Reads what a control group counts, each resource from the version that has it.
///
/// Files that are not there leave their values out: kernels differ, and a group may end at any moment.
enum GroupReader {
    private static let pressureFiles: [(PressureUsage.Resource, StaticString)] = [
        (.processor, "cpu.pressure"), (.memory, "memory.pressure"), (.disk, "io.pressure"),
    ]

    /// Reads what is used; the limits that `usage` has tell what is worth reading.
    static func read(
        _ group: GroupFolders, details: Set<ContainerDetail>, _ reader: inout FileReader,
        into usage: inout ContainerUsage
    ) throws(ExporterError) {
        // What version 2 has is read in one go, first of all the processor time, which all kernels count there: in
        // version 1 it is three files, of which two are less exact.
        if let folder = group.unified {
            reader.enter(folder)
            try UnifiedGroup.readProcessorTime(folder, &reader, into: &usage)
            if group[.memory] == nil { try UnifiedGroup.readMemory(folder, &reader, into: &usage) }
            if group[.pids] == nil { usage.threads = try reader.value(folder, "pids.current") }
            if group[.blkio] == nil { try UnifiedGroup.readDisks(folder, &reader, into: &usage) }
            try readPressure(folder, &reader, into: &usage)
        }
        if let folder = group[.cpuacct] {
            if usage.processor == nil { try LegacyGroup.readProcessorTime(folder, &reader, into: &usage) }
            if details.contains(.processors) { try LegacyGroup.readTimePerProcessor(folder, &reader, into: &usage) }
        }
        if let folder = group[.cpu], usage.limits.processorQuota != nil {
            try LegacyGroup.readThrottling(folder, &reader, into: &usage)
        }
        if let folder = group[.memory] { try LegacyGroup.readMemory(folder, &reader, into: &usage) }
        if let folder = group[.pids] { usage.threads = try reader.value(folder, "pids.current") }
        if let folder = group[.blkio] { try LegacyGroup.readDisks(folder, &reader, into: &usage) }
        if details.contains(.hugePages), let folder = group[.hugetlb] ?? group.unified {
            try HugePages.read(folder, isLegacy: group[.hugetlb] != nil, &reader, into: &usage)
        }
    }

    /// Reads what may be used, which changes seldom.
    static func limits(of group: GroupFolders, _ reader: inout FileReader) throws(ExporterError) -> GroupLimits {
        var limits = GroupLimits()
        if let folder = group[.cpu] {
            try LegacyGroup.readProcessorLimits(folder, &reader, into: &limits)
        } else if let folder = group.unified {
            try UnifiedGroup.readProcessorLimits(folder, &reader, into: &limits)
        }
        if let folder = group[.memory] {
            try LegacyGroup.readMemoryLimits(folder, &reader, into: &limits)
        } else if let folder = group.unified {
            try UnifiedGroup.readMemoryLimits(folder, &reader, into: &limits)
        }
        if let folder = group[.pids] ?? group.unified {
            limits.threads = try reader.value(folder, "pids.max").map { $0 == .max ? 0 : $0 }
        }
        return limits
    }

    /// Version 2 alone counts waiting, also on machines that have both.
    private static func readPressure(
        _ folder: FolderPath, _ reader: inout FileReader, into usage: inout ContainerUsage
    ) throws(ExporterError) {
        for (resource, file) in Self.pressureFiles where try reader.loadIfPresent(folder, file) {
            let (waiting, stalled) = PressureText.read(reader.text)
            usage.pressure.append(PressureUsage(resource: resource, waiting: waiting, stalled: stalled))
        }
    }
}
