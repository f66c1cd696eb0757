package import ApusModel
import Synchronization

/// What cAdvisor tells of containers and their machine, and what their engine knows of them beside, read when it is
/// scraped.
///
/// Nothing runs between two scrapes but the directory, which follows the engine's events. What containers use is read
/// from control groups; where those are not to be seen, as with an engine on another machine, the engine is asked. A
/// machine without an engine has its containers told of by the ids in the paths of their groups.
package final class ContainerExporter: MetricsExporter {
    package let name = "containers"
    private let directory: ContainerDirectory?
    private let settings: ContainerSettings
    private let version: String
    private let clock: any WallClock
    private let queue = BlockingQueue(label: "apus.exporter.containers")
    /// Waits for nobody: only the one queue uses it.
    private let state: Mutex<State>

    private struct State: ~Copyable {
        var probe: ContainerProbe
        var labels: ContainerLabels
        var writer = UsageWriter()
        var paths = PathMemory()
        /// Those of the last scrape, whose families stay.
        var samples = MetricSamples.ofContainers()
    }

    /// An exporter of the containers of this machine.
    ///
    /// - Parameters:
    ///   - paths: where the host's file systems are.
    ///   - directory: the engine's containers, whose `run()` its owner runs; `nil` for a machine without an engine.
    ///   - settings: the same as the directory's.
    ///   - version: this program's, for `cadvisor_version_info`.
    package init(
        paths: HostPaths = HostPaths(), directory: ContainerDirectory?,
        settings: ContainerSettings = ContainerSettings(), version: String, clock: any WallClock = SystemWallClock()
    ) {
        self.directory = directory
        self.settings = settings
        self.version = version
        self.clock = clock
        state = Mutex(
            State(
                probe: ContainerProbe(paths: paths, settings: settings), labels: ContainerLabels(settings: settings)))
    }

    package func expose(accept: String?) async -> ExporterPage {
        let start = ContinuousClock.now
        let snapshot = directory?.snapshot ?? ContainerDirectory.Snapshot()
        let now = clock.now()
        var measurement = await queue.run { [self] in
            state.withLock { $0.probe.measure(snapshot, now: now) }
        }
        await addStatistics(to: &measurement, snapshot)
        // Pages of many containers have megabytes.
        return await queue.run { [self, measurement] in
            state.withLock { state in
                var samples = exchange(&state.samples, with: MetricSamples())
                samples.removeSamples()
                write(measurement, snapshot, now: now, &state, into: &samples)
                samples.gauge(
                    "container_exporter_duration_seconds", "How long this exposition took to gather.",
                    start.duration(to: .now) / .seconds(1))
                defer { state.samples = samples }
                return samples.page(accept: accept)
            }
        }
    }

    /// Asks the engine what containers use whose groups are not to be seen.
    private func addStatistics(
        to measurement: inout ContainerMeasurement, _ snapshot: ContainerDirectory.Snapshot
    ) async {
        guard !measurement.unseen.isEmpty else { return }
        var usages: [String: ContainerUsage] = [:]
        if let directory, snapshot.isConnected {
            usages = await EngineStatistics.gather(
                measurement.unseen.map(\.facts.id), from: directory.client,
                parallelism: settings.statisticsParallelism, timeout: settings.statisticsTimeout)
        }
        for entry in measurement.unseen {
            guard var usage = usages[entry.facts.id], !usage.isEmpty else {
                measurement.unmeasuredCount += 1
                continue
            }
            if !settings.details.contains(.processors) { usage.perProcessor = [] }
            usage.take(entry.facts.limits)
            measurement.containers.append(
                ContainerMeasurement.Container(id: entry.facts.id, entry: entry, path: nil, usage: usage))
        }
    }

    private func write(
        _ measurement: ContainerMeasurement, _ snapshot: ContainerDirectory.Snapshot, now: Int64,
        _ state: inout State, into samples: inout MetricSamples
    ) {
        state.labels.begin(snapshot)
        for container in measurement.containers {
            if let path = container.path { state.paths.note(path, of: container.id) }
        }
        var measured: Set<String> = []
        for container in measurement.containers {
            let path = state.paths.path(of: container.id)
            let labels =
                container.entry.map { state.labels.text(of: $0, path: path) } ?? ContainerLabels.text(ofGroup: path)
            var usage = container.usage
            // Processes are counted anew when a container is started again, its events are not.
            if let told = container.entry?.outOfMemoryCount {
                usage.outOfMemoryKills = max(usage.outOfMemoryKills ?? 0, told)
            }
            state.writer.write(usage, labels: labels, into: &samples)
            samples.append(usage.outOfMemoryKills, labels, to: .outOfMemory)
            measured.insert(container.id)
            samples.append(Double(now / 1_000), labels, to: .lastSeen)
            if let time = container.startTime { samples.append(time, labels, to: .startTime) }
        }
        // What the engine told before it stopped answering may be wrong by now.
        if snapshot.isConnected {
            for entry in snapshot.entries {
                let labels = state.labels.text(of: entry, path: state.paths.path(of: entry.facts.id))
                StateWriter.write(
                    entry.facts, labels: labels, image: snapshot.images[entry.facts.imageID],
                    sizes: snapshot.sizes[entry.facts.id], into: &samples)
                // A container that ends for it would else never be seen to have been out of memory.
                if !measured.contains(entry.facts.id) {
                    samples.append(entry.outOfMemoryCount, labels, to: .outOfMemory)
                }
            }
        }
        state.paths.keep(snapshot.entries, beside: measured)
        if let directory { EventWriter.write(directory.log.counts, containers: snapshot.entries, into: &samples) }
        writeMachine(measurement, now: now, &state, into: &samples)
        MachineWriter.writeVersion(state.probe.machine, engine: snapshot.engine, version: version, into: &samples)
        writeEngine(measurement, snapshot, into: &samples)
    }

    private func writeMachine(
        _ measurement: ContainerMeasurement, now: Int64, _ state: inout State, into samples: inout MetricSamples
    ) {
        let machine = state.probe.machine
        MachineWriter.write(machine, memory: measurement.memory, into: &samples)
        let labels = ContainerLabels.text(ofGroup: "/")
        state.writer.write(measurement.machine, labels: labels, into: &samples)
        samples.append(Double(now / 1_000), labels, to: .lastSeen)
        if machine.bootTime > 0 { samples.append(machine.bootTime, labels, to: .startTime) }
        for fileSystem in measurement.fileSystems {
            let device = LabelText.make(["device": fileSystem.device])
            let sizes = fileSystem.sizes
            samples.append(max(0, sizes.total - sizes.free), labels, extra: device, to: .fileUsage)
            samples.append(sizes.total, labels, extra: device, to: .fileLimit)
            samples.append(sizes.files, labels, extra: device, to: .files)
            samples.append(sizes.freeFiles, labels, extra: device, to: .freeFiles)
        }
        samples.append(measurement.failure == nil ? 0.0 : 1, [], to: .scrapeError)
    }

    private func writeEngine(
        _ measurement: ContainerMeasurement, _ snapshot: ContainerDirectory.Snapshot, into samples: inout MetricSamples
    ) {
        samples.gauge(
            "container_engine_up",
            "Whether the container engine answers; without it containers are known by the ids of their groups alone.",
            snapshot.isConnected ? 1 : 0)
        if snapshot.isConnected {
            samples.gauge(
                "container_engine_info", "The container engine's versions, as labels; always 1.", 1,
                LabelText.make([
                    "api_version": snapshot.engine.apiVersion, "name": snapshot.engine.system,
                    "version": snapshot.engine.version,
                ]))
        }
        samples.gauge(
            "container_exporter_left_out_containers",
            "Containers beyond the greatest number of containers that are told of.", Double(measurement.leftOutCount))
        samples.gauge(
            "container_exporter_unmeasured_containers",
            "Running containers of which neither control groups nor the engine told in time what they use.",
            Double(measurement.unmeasuredCount))
    }
}

extension ContainerUsage {
    /// Takes the limits that were asked for, where those in force are not to be seen.
    fileprivate mutating func take(_ limits: ContainerLimits) {
        func whole(_ value: Double) -> UInt64? { UInt64(exactly: value.rounded()) }
        self.limits.memory = whole(limits.memory)
        self.limits.swap = whole(limits.memoryAndSwap)
        self.limits.memoryReservation = whole(limits.reservation)
        if limits.quota > 0 {
            self.limits.processorQuota = whole(limits.quota)
            self.limits.processorPeriod = whole(limits.period)
        }
        if limits.shares > 0 { self.limits.processorShares = whole(limits.shares) }
    }
}
