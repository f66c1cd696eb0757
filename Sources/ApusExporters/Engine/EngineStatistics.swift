import ApusBytes

/// What the engine itself measures of containers, for machines whose control groups are not to be seen.
///
/// Source: Docker Engine API, ContainerStats; the names of memory are those of the version of control groups that the
/// engine has.
enum EngineStatistics {
    /// Asks for each container, several at one time; those without an answer within `timeout` milliseconds are left
    /// out.
    static func gather(
        _ ids: [String], from client: EngineClient, parallelism: Int, timeout: Int64
    ) async -> [String: ContainerUsage] {
        enum Arrival: Sendable {
            case usage(String, ContainerUsage?)
            case timeIsOver
        }
        return await withTaskGroup(of: Arrival.self) { group in
            var usages: [String: ContainerUsage] = [:]
            var waiting = ids[...]
            var running = 0
            group.addTask {
                // Cancelled when all have answered.
                try? await Task.sleep(for: .milliseconds(max(0, timeout)))
                return .timeIsOver
            }
            while running > 0 || !waiting.isEmpty {
                while running < max(1, parallelism), let id = waiting.popFirst() {
                    running += 1
                    group.addTask { .usage(id, try? await client.statistics(id)) }
                }
                guard case .usage(let id, let usage)? = await group.next() else { break }
                running -= 1
                usages[id] = usage
            }
            group.cancelAll()
            return usages
        }
    }
}

extension ContainerUsage {
    /// Reads what the engine's API counts; a container that does not run has nothing.
    init(statistics json: JSONValue) {
        func whole(_ value: JSONValue?) -> UInt64? {
            value?.integer.flatMap { UInt64(exactly: $0) }
        }
        let all = json["memory_stats"]
        memory = whole(all?["usage"])
        let processors = json["cpu_stats"]
        // Engines answer with zeros for a container that does not run, but without the machine's time.
        guard memory != nil || processors?["system_cpu_usage"] != nil else { return }
        processor = whole(processors?["cpu_usage"]?["total_usage"])
        userProcessor = whole(processors?["cpu_usage"]?["usage_in_usermode"])
        systemProcessor = whole(processors?["cpu_usage"]?["usage_in_kernelmode"])
        perProcessor = (processors?["cpu_usage"]?["percpu_usage"]?.elements ?? []).compactMap { whole($0) }
        let throttling = processors?["throttling_data"]
        periods = whole(throttling?["periods"])
        throttledPeriods = whole(throttling?["throttled_periods"])
        throttledTime = whole(throttling?["throttled_time"])
        highestMemory = whole(all?["max_usage"])
        failureCount = whole(all?["failcnt"])
        // A machine's whole memory stands for no limit; the limit that was asked for is known from the inspection.
        let facts = all?["stats"]
        inactiveFile = whole(facts?["total_inactive_file"] ?? facts?["inactive_file"])
        activeFile = whole(facts?["total_active_file"] ?? facts?["active_file"])
        resident = whole(facts?["total_rss"] ?? facts?["anon"])
        cache = whole(facts?["total_cache"] ?? facts?["file"])
        mappedFile = whole(facts?["total_mapped_file"] ?? facts?["file_mapped"])
        pageFaults = whole(facts?["pgfault"])
        majorPageFaults = whole(facts?["pgmajfault"])
        totalPageFaults = whole(facts?["total_pgfault"]) ?? pageFaults
        totalMajorPageFaults = whole(facts?["total_pgmajfault"]) ?? majorPageFaults
        threads = whole(json["pids_stats"]?["current"])
        // "No limit" is the greatest number with some engines.
        limits.threads = json["pids_stats"]?["limit"].map { whole($0) ?? 0 }
        readDisks(json["blkio_stats"])
        for (name, value) in json["networks"]?.members ?? [] {
            func counts(_ direction: String) -> TrafficCounts {
                TrafficCounts(
                    bytes: whole(value["\(direction)_bytes"]) ?? 0, packets: whole(value["\(direction)_packets"]) ?? 0,
                    errors: whole(value["\(direction)_errors"]) ?? 0,
                    dropped: whole(value["\(direction)_dropped"]) ?? 0)
            }
            networks.append(NetworkUsage(interface: name, received: counts("rx"), transmitted: counts("tx")))
        }
    }

    private mutating func readDisks(_ json: JSONValue?) {
        for (key, areBytes) in [("io_service_bytes_recursive", true), ("io_serviced_recursive", false)] {
            for entry in json?[key]?.elements ?? [] {
                guard let major = entry["major"]?.integer.flatMap({ UInt64(exactly: $0) }),
                    let minor = entry["minor"]?.integer.flatMap({ UInt64(exactly: $0) }),
                    let value = entry["value"]?.integer.flatMap({ UInt64(exactly: $0) }),
                    let operation = entry["op"]?.text.flatMap({ DiskOperation($0) })
                else { continue }
                note(value, operation, areBytes: areBytes, major: major, minor: minor)
            }
        }
    }
}
