/// What the whole machine uses, told as the group `/` as with cAdvisor.
enum MachineGroup {
    static func read(
        _ hierarchy: GroupHierarchy, memory: MachineMemory, _ host: HostFolders, _ reader: inout FileReader
    ) throws(ExporterError) -> ContainerUsage {
        var usage = ContainerUsage()
        if let group = hierarchy.group(at: "/") {
            try GroupReader.read(group, details: [], &reader, into: &usage)
            reader.leave()
        }
        // The root of version 2 does not count its own memory.
        if usage.memory == nil {
            if let resident = usage.resident, let cache = usage.cache {
                usage.memory = resident &+ cache
            } else if memory.total > memory.free {
                usage.memory = memory.total - memory.free
            }
        }
        if usage.swap == nil, memory.total > 0, memory.swap >= memory.freeSwap {
            usage.swap = memory.swap - memory.freeSwap
        }
        usage.networks = try NetworkReader.interfaces(host.net, &reader)
        return usage
    }
}
