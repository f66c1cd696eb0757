import ApusBytes

/// What a container uses, whatever told it; `nil` where nothing did.
struct ContainerUsage: Sendable, Equatable {
    /// Processor time in nanoseconds.
    var processor: UInt64?
    /// The same for each processor.
    var perProcessor: [UInt64] = []
    var userProcessor: UInt64?
    var systemProcessor: UInt64?
    var periods: UInt64?
    var throttledPeriods: UInt64?
    /// Nanoseconds.
    var throttledTime: UInt64?
    /// Bytes, as all that follow of memory.
    var memory: UInt64?
    var inactiveFile: UInt64?
    var activeFile: UInt64?
    var resident: UInt64?
    var cache: UInt64?
    var mappedFile: UInt64?
    var swap: UInt64?
    var kernelMemory: UInt64?
    var highestMemory: UInt64?
    /// Times that a limit of memory was hit.
    var failureCount: UInt64?
    var pageFaults: UInt64?
    var majorPageFaults: UInt64?
    var outOfMemoryKills: UInt64?
    /// Limits that are in force; 0 for none.
    var memoryLimit: UInt64?
    var processes: UInt64?
    var threads: UInt64?
    /// 0 for no limit.
    var maximumThreads: UInt64?
    var devices: [DeviceUsage] = []
    var networks: [NetworkUsage] = []
    /// Seconds of waiting for processors, memory and disks.
    var pressure: [PressureUsage] = []

    /// Whether nothing is known.
    var isEmpty: Bool { processor == nil && memory == nil }

    /// Memory that cannot be given back at once: without the part of the cache that was not used lately.
    var workingSet: UInt64? {
        guard let memory else { return nil }
        let idle = inactiveFile ?? 0
        return memory > idle ? memory - idle : 0
    }
}

/// Bytes and operations of one disk.
struct DeviceUsage: Sendable, Equatable {
    var major: UInt64
    var minor: UInt64
    var readBytes: UInt64 = 0
    var writtenBytes: UInt64 = 0
    var reads: UInt64 = 0
    var writes: UInt64 = 0
}

/// Counts of one network interface.
struct NetworkUsage: Sendable, Equatable {
    var interface: String
    /// Bytes, packets, errors and drops.
    var received: [UInt64]
    var transmitted: [UInt64]
}

/// Waiting for one resource.
struct PressureUsage: Sendable, Equatable {
    var resource: String
    var waiting: Double?
    var stalled: Double?
}

extension ContainerUsage {
    /// Reads what the engine's API counts.
    init(statistics json: JSONValue) {
        func whole(_ value: JSONValue?) -> UInt64? {
            value?.integer.flatMap { UInt64(exactly: $0) }
        }
        let processors = json["cpu_stats"]
        processor = whole(processors?["cpu_usage"]?["total_usage"])
        userProcessor = whole(processors?["cpu_usage"]?["usage_in_usermode"])
        systemProcessor = whole(processors?["cpu_usage"]?["usage_in_kernelmode"])
        perProcessor = (processors?["cpu_usage"]?["percpu_usage"]?.elements ?? []).compactMap { whole($0) }
        let throttling = processors?["throttling_data"]
        periods = whole(throttling?["periods"])
        throttledPeriods = whole(throttling?["throttled_periods"])
        throttledTime = whole(throttling?["throttled_time"])
        let all = json["memory_stats"]
        let facts = all?["stats"]
        memory = whole(all?["usage"])
        highestMemory = whole(all?["max_usage"])
        failureCount = whole(all?["failcnt"])
        // The names of version 1 of control groups, or else of version 2.
        inactiveFile = whole(facts?["total_inactive_file"] ?? facts?["inactive_file"])
        activeFile = whole(facts?["total_active_file"] ?? facts?["active_file"])
        resident = whole(facts?["total_rss"] ?? facts?["anon"])
        cache = whole(facts?["total_cache"] ?? facts?["file"])
        mappedFile = whole(facts?["total_mapped_file"] ?? facts?["file_mapped"])
        pageFaults = whole(facts?["pgfault"])
        majorPageFaults = whole(facts?["pgmajfault"])
        threads = whole(json["pids_stats"]?["current"])
        maximumThreads = whole(json["pids_stats"]?["limit"])
        for (name, value) in json["networks"]?.members ?? [] {
            func counts(_ direction: String) -> [UInt64] {
                ["bytes", "packets", "errors", "dropped"].map { whole(value["\(direction)_\($0)"]) ?? 0 }
            }
            networks.append(NetworkUsage(interface: name, received: counts("rx"), transmitted: counts("tx")))
        }
        let blocks = json["blkio_stats"]
        for (key, isBytes) in [("io_service_bytes_recursive", true), ("io_serviced_recursive", false)] {
            for entry in blocks?[key]?.elements ?? [] {
                guard let major = whole(entry["major"]), let minor = whole(entry["minor"]),
                    let value = whole(entry["value"]), let operation = entry["op"]?.text
                else { continue }
                add(value, operation: operation, isBytes: isBytes, major: major, minor: minor)
            }
        }
    }

    /// Takes one count of a disk.
    mutating func add(_ value: UInt64, operation: String, isBytes: Bool, major: UInt64, minor: UInt64) {
        var place = devices.firstIndex { $0.major == major && $0.minor == minor }
        if place == nil {
            devices.append(DeviceUsage(major: major, minor: minor))
            place = devices.count - 1
        }
        guard let place else { return }
        switch (operation.lowercased(), isBytes) {
        case ("read", true): devices[place].readBytes = value
        case ("write", true): devices[place].writtenBytes = value
        case ("read", false): devices[place].reads = value
        case ("write", false): devices[place].writes = value
        default: break
        }
    }
}
