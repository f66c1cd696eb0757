/// Reads everything that control groups and /proc tell of containers.
///
/// Blocks while files are read; keeps from scrape to scrape where things are.
struct ContainerProbe: ~Copyable {
    private let settings: ContainerSettings
    private let host: HostFolders
    private let fileSystems = FilesystemProbe()
    private var reader: FileReader
    private var locator: GroupLocator
    private var devices = DeviceNames()
    private var limits: LimitsMemory
    /// The machine, which does not change.
    let machine: MachineFacts

    init(paths: HostPaths, settings: ContainerSettings) {
        // Everything is made before the first property is set: with self half made the optimizer frees what is not
        // there yet.
        let host = HostFolders(paths)
        var reader = FileReader()
        let machine = MachineFacts(host, &reader)
        let mount = settings.cgroupMount.map { FolderPath($0) } ?? host.sysfs.folder("fs/cgroup")
        self.settings = settings
        self.host = host
        self.machine = machine
        self.reader = reader
        locator = GroupLocator(mount: mount, procfs: host.procfs, settings: settings)
        limits = LimitsMemory(interval: settings.limitsInterval)
    }

    /// Measures all containers that run.
    ///
    /// - Parameter now: milliseconds since the epoch.
    mutating func measure(_ snapshot: ContainerDirectory.Snapshot, now: Int64) -> ContainerMeasurement {
        var measurement = ContainerMeasurement()
        devices.beginScrape()
        defer { reader.leave() }
        // One part that fails takes no other with it.
        do throws(ExporterError) {
            measurement.memory = try MachineMemory(host.procfs, &reader)
        } catch {
            measurement.failure = error
        }
        do throws(ExporterError) {
            try measureContainers(snapshot, now: now, into: &measurement)
        } catch {
            measurement.failure = error
        }
        do throws(ExporterError) {
            measurement.machine = try MachineGroup.read(
                locator.hierarchy, memory: measurement.memory ?? MachineMemory(), host, &reader)
            nameDevices(&measurement.machine)
            measurement.fileSystems = try MachineFileSystem.all(host, probe: fileSystems, &reader)
        } catch {
            measurement.failure = error
        }
        return measurement
    }

    private mutating func measureContainers(
        _ snapshot: ContainerDirectory.Snapshot, now: Int64, into measurement: inout ContainerMeasurement
    ) throws(ExporterError) {
        let running = snapshot.entries.filter(\.facts.isRunning)
        let isWhole = snapshot.isConnected
        let places = try locator.places(of: running, isWhole: isWhole, now: now, &reader)
        for (entry, place) in zip(running, places) {
            guard let place else {
                measurement.unseen.append(entry)
                continue
            }
            measure(entry.facts.id, entry, place, now: now, into: &measurement)
        }
        let known = Set(snapshot.entries.map(\.facts.id))
        let room = max(0, settings.maximumContainers - running.count)
        let others = locator.others(than: known, isWhole: isWhole, limit: room + 1)
        for (id, place) in others.prefix(room) { measure(id, nil, place, now: now, into: &measurement) }
        measurement.leftOutCount = snapshot.leftOutCount + max(0, others.count - room)
    }

    private mutating func measure(
        _ id: String, _ entry: ContainerDirectory.Entry?, _ place: GroupLocator.Place, now: Int64,
        into measurement: inout ContainerMeasurement
    ) {
        var container = ContainerMeasurement.Container(
            id: id, entry: entry, path: place.folders.path, usage: ContainerUsage())
        do throws(ExporterError) {
            container.usage.limits = try limits.limits(of: id, place, now: now, &reader)
            try GroupReader.read(place.folders, details: settings.details, &reader, into: &container.usage)
            try readProcesses(entry, place, into: &container)
        } catch {
            measurement.failure = error
        }
        // It ended, which is no failure; its engine tells so, or another place is found for it.
        if container.usage.isEmpty {
            locator.forget(id)
            return
        }
        nameDevices(&container.usage)
        measurement.containers.append(container)
    }

    private mutating func readProcesses(
        _ entry: ContainerDirectory.Entry?, _ place: GroupLocator.Place,
        into container: inout ContainerMeasurement.Container
    ) throws(ExporterError) {
        let found = try ProcessReader.processes(of: place.folders, limit: settings.maximumProcesses, &reader)
        container.usage.processes = found?.count
        let ids = found?.ids ?? []
        let details = settings.details
        if details.contains(.processes) {
            let open = ProcessReader.openFiles(of: ids, host.procfs)
            container.usage.openFiles = open.files
            container.usage.sockets = open.sockets
        }
        if details.contains(.tasks) {
            container.usage.tasks = try ProcessReader.states(of: ids, host.procfs, &reader)
        }
        guard let first = place.process ?? ids.first else { return }
        if details.contains(.processes) {
            container.usage.maximumOpenFiles = try ProcessReader.maximumOpenFiles(of: first, host.procfs, &reader)
        }
        if entry == nil {
            container.startTime = try ProcessReader.startTime(
                of: first, bootTime: machine.bootTime, host.procfs, &reader)
        }
        let folder = host.procfs.folder("\(first)")
        // Without an engine a namespace tells whether the network is the machine's own.
        let namespace = entry == nil ? folder.linkTarget("ns/net") : nil
        let isOwn =
            entry?.facts.hasOwnNetwork
            ?? (namespace == nil || namespace != host.procfs.linkTarget("1/ns/net"))
        guard isOwn else { return }
        let net = folder.folder("net")
        container.usage.networks = try NetworkReader.interfaces(net, &reader)
        for table in ConnectionTable.allCases where details.contains(table.isTCP ? .tcp : .udp) {
            if let usage = try NetworkReader.connections(table, net, &reader) {
                container.usage.connections.append(usage)
            }
        }
    }

    private mutating func nameDevices(_ usage: inout ContainerUsage) {
        for index in usage.devices.indices {
            usage.devices[index].name = devices.name(
                major: usage.devices[index].major, minor: usage.devices[index].minor, host.procfs, &reader)
        }
    }
}
