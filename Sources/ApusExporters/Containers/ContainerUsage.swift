/// What a container uses, whatever told it; `nil` where nothing did.
struct ContainerUsage: Sendable, Equatable {
    // MARK: Processor

    /// Processor time in nanoseconds.
    var processor: UInt64?
    /// The same for each processor.
    var perProcessor: [UInt64] = []
    var userProcessor: UInt64?
    var systemProcessor: UInt64?
    /// Periods in which a quota was in force.
    var periods: UInt64?
    var throttledPeriods: UInt64?
    /// Nanoseconds.
    var throttledTime: UInt64?
    var burstPeriods: UInt64?
    /// Nanoseconds.
    var burstTime: UInt64?

    // MARK: Memory, in bytes

    var memory: UInt64?
    var inactiveFile: UInt64?
    var activeFile: UInt64?
    var resident: UInt64?
    var cache: UInt64?
    var mappedFile: UInt64?
    var dirtyFile: UInt64?
    var writebackFile: UInt64?
    var swap: UInt64?
    var kernelMemory: UInt64?
    var highestMemory: UInt64?
    /// Times that a limit of memory was hit.
    var failureCount: UInt64?
    /// Faults of the group itself, and with groups below.
    var pageFaults: UInt64?
    var majorPageFaults: UInt64?
    var totalPageFaults: UInt64?
    var totalMajorPageFaults: UInt64?
    var scannedPages: UInt64?
    var reclaimedPages: UInt64?
    var fileRefaults: UInt64?
    var anonymousRefaults: UInt64?
    /// Times that use went over `memory.high`, and reached `memory.max`.
    var highEvents: UInt64?
    var limitEvents: UInt64?
    var outOfMemoryKills: UInt64?
    var hugePages: [HugePageUsage] = []

    // MARK: Processes

    var processes: UInt64?
    var threads: UInt64?
    var openFiles: UInt64?
    var sockets: UInt64?
    /// The limit of open files of the first process; -1 for none.
    var maximumOpenFiles: Double?
    /// Processes by state, in the order of `TaskState`.
    var tasks: [UInt64] = []

    // MARK: Disks and networks

    var devices: [DeviceUsage] = []
    var networks: [NetworkUsage] = []
    var connections: [ConnectionUsage] = []
    /// Seconds of waiting for processors, memory and disks.
    var pressure: [PressureUsage] = []

    /// What may be used.
    var limits = GroupLimits()

    /// Whether nothing is known.
    var isEmpty: Bool { processor == nil && memory == nil && threads == nil }

    /// Memory that cannot be given back at once: without the part of the cache that was not used lately.
    var workingSet: UInt64? {
        guard let memory else { return nil }
        let idle = inactiveFile ?? 0
        return memory > idle ? memory - idle : 0
    }

    /// Takes one count of a disk.
    mutating func note(_ value: UInt64, _ operation: DiskOperation, areBytes: Bool, major: UInt64, minor: UInt64) {
        let place: Int
        if let known = devices.firstIndex(where: { $0.major == major && $0.minor == minor }) {
            place = known
        } else {
            place = devices.count
            devices.append(DeviceUsage(major: major, minor: minor))
        }
        if areBytes {
            devices[place].bytes[operation] = value
        } else {
            devices[place].operations[operation] = value
        }
    }
}

/// Limits that are in force; `nil` where nothing tells.
struct GroupLimits: Sendable, Equatable {
    /// Microseconds of processor time in each period; `nil` for no limit.
    var processorQuota: UInt64?
    /// Microseconds of a period.
    var processorPeriod: UInt64?
    var processorShares: UInt64?
    /// Bytes, as the two that follow; 0 for no limit.
    var memory: UInt64?
    /// Of memory and swap together in version 1 of control groups, of swap in version 2.
    var swap: UInt64?
    var memoryReservation: UInt64?
    /// 0 for no limit.
    var threads: UInt64?
}

/// Bytes and operations of one disk.
struct DeviceUsage: Sendable, Equatable {
    var major: UInt64
    var minor: UInt64
    /// Such as `/dev/sda`; empty where it is not known.
    var name = ""
    var bytes = DiskCounts()
    var operations = DiskCounts()
}

/// Counts of one network interface.
struct NetworkUsage: Sendable, Equatable {
    var interface: String
    var received = TrafficCounts()
    var transmitted = TrafficCounts()
}

/// Traffic in one direction.
struct TrafficCounts: Sendable, Equatable {
    var bytes: UInt64 = 0
    var packets: UInt64 = 0
    var errors: UInt64 = 0
    var dropped: UInt64 = 0
}

/// Sockets of one protocol by state, or queues.
struct ConnectionUsage: Sendable, Equatable {
    var table: ConnectionTable
    var counts: [UInt64]
}

/// Waiting for one resource.
struct PressureUsage: Sendable, Equatable {
    enum Resource: Sendable {
        case processor
        case memory
        case disk
    }

    var resource: Resource
    var waiting: Double?
    var stalled: Double?
}

/// Pages of one size, such as `2MB`.
struct HugePageUsage: Sendable, Equatable {
    var size: String
    /// Bytes.
    var usage: UInt64
    /// Bytes.
    var highest: UInt64?
    var failureCount: UInt64?
}
