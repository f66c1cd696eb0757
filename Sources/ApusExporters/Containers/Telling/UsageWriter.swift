/// Writes what a container uses as samples.
///
/// A value that nobody told has no sample.
struct UsageWriter {
    /// Texts of labels that occur again and again, such as `interface="eth0"`.
    private var extras: [String: [UInt8]] = [:]
    private static let maximumExtras = 8_192

    private static let total = LabelText.make(["cpu": "total"])
    private static let failureKinds = [
        LabelText.make(["failure_type": "pgfault", "scope": "container"]),
        LabelText.make(["failure_type": "pgmajfault", "scope": "container"]),
        LabelText.make(["failure_type": "pgfault", "scope": "hierarchy"]),
        LabelText.make(["failure_type": "pgmajfault", "scope": "hierarchy"]),
    ]
    private static let taskStates = TaskState.allCases.map { LabelText.make(["state": $0.name]) }
    private static let connectionStates = ConnectionTable.allCases.map { table in
        table.states.map { LabelText.make([table.label: $0]) }
    }
    private static let openFileLimit = LabelText.make(["ulimit": "max_open_files"])

    /// Appends the samples of one container.
    ///
    /// - Parameter labels: as `ContainerLabels` makes them.
    mutating func write(_ usage: ContainerUsage, labels: [UInt8], into samples: inout MetricSamples) {
        writeProcessor(usage, labels, &samples)
        writeMemory(usage, labels, &samples)
        writeProcesses(usage, labels, &samples)
        writeNetworks(usage, labels, &samples)
        for device in usage.devices { write(device, labels, &samples) }
        writePressure(usage, labels, &samples)
        writeLimits(usage, labels, &samples)
    }

    private mutating func writeProcessor(_ usage: ContainerUsage, _ labels: [UInt8], _ samples: inout MetricSamples) {
        func append(_ nanoseconds: UInt64?, extra: [UInt8] = [], to metric: ContainerMetric) {
            guard let nanoseconds else { return }
            samples.append(Double(nanoseconds) / 1e9, labels, extra: extra, to: metric)
        }
        if usage.perProcessor.isEmpty {
            append(usage.processor, extra: Self.total, to: .processorTime)
        } else {
            for (index, time) in usage.perProcessor.enumerated() where time > 0 {
                append(time, extra: extra("cpu", index < 10 ? "cpu0\(index)" : "cpu\(index)"), to: .processorTime)
            }
        }
        append(usage.userProcessor, to: .userTime)
        append(usage.systemProcessor, to: .systemTime)
        // Version 2 counts periods of groups without a quota too, always none.
        guard usage.limits.processorQuota != nil else { return }
        samples.append(usage.periods, labels, to: .periods)
        samples.append(usage.throttledPeriods, labels, to: .throttledPeriods)
        append(usage.throttledTime, to: .throttledTime)
        samples.append(usage.burstPeriods, labels, to: .burstPeriods)
        append(usage.burstTime, to: .burstTime)
    }

    private mutating func writeMemory(_ usage: ContainerUsage, _ labels: [UInt8], _ samples: inout MetricSamples) {
        samples.append(usage.memory, labels, to: .memory)
        samples.append(usage.workingSet, labels, to: .workingSet)
        samples.append(usage.resident, labels, to: .resident)
        samples.append(usage.cache, labels, to: .cache)
        samples.append(usage.mappedFile, labels, to: .mappedFile)
        samples.append(usage.swap, labels, to: .swap)
        samples.append(usage.kernelMemory, labels, to: .kernelMemory)
        samples.append(usage.highestMemory, labels, to: .highestMemory)
        samples.append(usage.failureCount, labels, to: .failureCount)
        samples.append(usage.activeFile, labels, to: .activeFile)
        samples.append(usage.inactiveFile, labels, to: .inactiveFile)
        samples.append(usage.dirtyFile, labels, to: .dirtyFile)
        samples.append(usage.writebackFile, labels, to: .writebackFile)
        samples.append(usage.scannedPages, labels, to: .scannedPages)
        samples.append(usage.reclaimedPages, labels, to: .reclaimedPages)
        samples.append(usage.fileRefaults, labels, to: .fileRefaults)
        samples.append(usage.anonymousRefaults, labels, to: .anonymousRefaults)
        samples.append(usage.highEvents, labels, to: .highEvents)
        samples.append(usage.limitEvents, labels, to: .limitEvents)
        let faults = [
            usage.pageFaults, usage.majorPageFaults, usage.totalPageFaults, usage.totalMajorPageFaults,
        ]
        for (kind, count) in zip(Self.failureKinds, faults) {
            samples.append(count, labels, extra: kind, to: .memoryFailures)
        }
        for pages in usage.hugePages {
            let size = extra("pagesize", pages.size)
            samples.append(Double(pages.usage), labels, extra: size, to: .hugePages)
            samples.append(pages.highest, labels, extra: size, to: .highestHugePages)
            samples.append(pages.failureCount, labels, extra: size, to: .hugePageFailures)
        }
    }

    private func writeProcesses(_ usage: ContainerUsage, _ labels: [UInt8], _ samples: inout MetricSamples) {
        samples.append(usage.processes, labels, to: .processes)
        samples.append(usage.threads, labels, to: .threads)
        samples.append(usage.limits.threads, labels, to: .maximumThreads)
        samples.append(usage.openFiles, labels, to: .openFiles)
        samples.append(usage.sockets, labels, to: .openSockets)
        if let limit = usage.maximumOpenFiles {
            samples.append(limit, labels, extra: Self.openFileLimit, to: .softLimits)
        }
        for (state, count) in zip(Self.taskStates, usage.tasks) {
            samples.append(Double(count), labels, extra: state, to: .tasks)
        }
    }

    private mutating func writeNetworks(_ usage: ContainerUsage, _ labels: [UInt8], _ samples: inout MetricSamples) {
        for network in usage.networks {
            let interface = extra("interface", network.interface)
            samples.append(Double(network.received.bytes), labels, extra: interface, to: .receivedBytes)
            samples.append(Double(network.received.packets), labels, extra: interface, to: .receivedPackets)
            samples.append(Double(network.received.dropped), labels, extra: interface, to: .receivedDrops)
            samples.append(Double(network.received.errors), labels, extra: interface, to: .receivedErrors)
            samples.append(Double(network.transmitted.bytes), labels, extra: interface, to: .transmittedBytes)
            samples.append(Double(network.transmitted.packets), labels, extra: interface, to: .transmittedPackets)
            samples.append(Double(network.transmitted.dropped), labels, extra: interface, to: .transmittedDrops)
            samples.append(Double(network.transmitted.errors), labels, extra: interface, to: .transmittedErrors)
        }
        for connections in usage.connections {
            let metric: ContainerMetric =
                switch connections.table {
                case .tcp: .tcp
                case .tcp6: .tcp6
                case .udp: .udp
                case .udp6: .udp6
                }
            for (state, count) in zip(Self.connectionStates[connections.table.rawValue], connections.counts) {
                samples.append(Double(count), labels, extra: state, to: metric)
            }
        }
    }

    private mutating func write(_ device: DeviceUsage, _ labels: [UInt8], _ samples: inout MetricSamples) {
        let numbers = "\(device.major):\(device.minor)"
        // Two devices without names must not become one series.
        let name = device.name.isEmpty ? numbers : device.name
        let label = extra("device", name)
        samples.append(device.bytes[.read], labels, extra: label, to: .readBytes)
        samples.append(device.bytes[.write], labels, extra: label, to: .writtenBytes)
        samples.append(device.operations[.read], labels, extra: label, to: .reads)
        samples.append(device.operations[.write], labels, extra: label, to: .writes)
        for operation in DiskOperation.allCases {
            guard let bytes = device.bytes[operation] else { continue }
            let labelOfAll = extra("\(numbers) \(name) \(operation.name)") {
                LabelText.make([
                    "device": name, "major": "\(device.major)", "minor": "\(device.minor)",
                    "operation": "\(operation.name)",
                ])
            }
            samples.append(Double(bytes), labels, extra: labelOfAll, to: .deviceUsage)
        }
    }

    private func writePressure(_ usage: ContainerUsage, _ labels: [UInt8], _ samples: inout MetricSamples) {
        for pressure in usage.pressure {
            let (waiting, stalled): (ContainerMetric, ContainerMetric) =
                switch pressure.resource {
                case .processor: (.processorWaiting, .processorStalled)
                case .memory: (.memoryWaiting, .memoryStalled)
                case .disk: (.diskWaiting, .diskStalled)
                }
            if let seconds = pressure.waiting { samples.append(seconds, labels, to: waiting) }
            if let seconds = pressure.stalled { samples.append(seconds, labels, to: stalled) }
        }
    }

    private func writeLimits(_ usage: ContainerUsage, _ labels: [UInt8], _ samples: inout MetricSamples) {
        samples.append(usage.limits.processorPeriod, labels, to: .processorPeriod)
        samples.append(usage.limits.processorQuota, labels, to: .processorQuota)
        samples.append(usage.limits.processorShares, labels, to: .processorShares)
        samples.append(usage.limits.memory, labels, to: .memoryLimit)
        samples.append(usage.limits.swap, labels, to: .swapLimit)
        samples.append(usage.limits.memoryReservation, labels, to: .memoryReservation)
    }

    private mutating func extra(_ name: String, _ value: String) -> [UInt8] {
        extra("\(name) \(value)") { LabelText.make([name: value]) }
    }

    private mutating func extra(_ key: String, _ make: () -> [UInt8]) -> [UInt8] {
        if let known = extras[key] { return known }
        if extras.count >= Self.maximumExtras { extras.removeAll() }
        let text = make()
        extras[key] = text
        return text
    }
}
