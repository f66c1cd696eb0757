/// Reads what a control group counts, each resource from the version that has it.
///
/// Files that are not there leave their values out: kernels differ, and a group may end at any moment.
enum GroupReader {
    private static let pressureFiles: [(PressureUsage.Resource, StaticString)] = [
        (.processor, "cpu.pressure"), (.memory, "memory.pressure"), (.disk, "io.pressure"),
    ]

    static func read(
        _ group: GroupFolders, details: Set<ContainerDetail>, _ reader: inout FileReader,
        into usage: inout ContainerUsage
    ) throws(ExporterError) {
        if let folder = group[.cpuacct] {
            try LegacyGroup.readProcessorTime(
                folder, perProcessor: details.contains(.processors), &reader, into: &usage)
        } else if let folder = group.unified {
            try UnifiedGroup.readProcessorTime(folder, &reader, into: &usage)
        }
        if let folder = group[.cpu] {
            try LegacyGroup.readProcessorLimits(folder, &reader, into: &usage)
        } else if let folder = group.unified {
            try UnifiedGroup.readProcessorLimits(folder, &reader, into: &usage)
        }
        if let folder = group[.memory] {
            try LegacyGroup.readMemory(folder, &reader, into: &usage)
        } else if let folder = group.unified {
            try UnifiedGroup.readMemory(folder, &reader, into: &usage)
        }
        if let folder = group[.pids] ?? group.unified {
            usage.threads = try reader.value(folder, "pids.current")
            usage.maximumThreads = try reader.value(folder, "pids.max").map { $0 == .max ? 0 : $0 }
        }
        if let folder = group[.blkio] {
            try LegacyGroup.readDisks(folder, &reader, into: &usage)
        } else if let folder = group.unified {
            try UnifiedGroup.readDisks(folder, &reader, into: &usage)
        }
        if details.contains(.hugePages), let folder = group[.hugetlb] ?? group.unified {
            try HugePages.read(folder, isLegacy: group[.hugetlb] != nil, &reader, into: &usage)
        }
        if let folder = group.unified { try readPressure(folder, &reader, into: &usage) }
    }

    /// Version 2 alone counts waiting, also on machines that have both.
    private static func readPressure(
        _ folder: FolderPath, _ reader: inout FileReader, into usage: inout ContainerUsage
    ) throws(ExporterError) {
        for (resource, file) in Self.pressureFiles
        where try reader.loadIfPresent(folder, file) {
            let (waiting, stalled) = PressureText.read(reader.text)
            usage.pressure.append(PressureUsage(resource: resource, waiting: waiting, stalled: stalled))
        }
    }
}
