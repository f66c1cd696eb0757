import ApusExporters
import ArgumentParser

/// Flags of everything that reads the host, with node-exporter's names.
struct HostOptions: ParsableArguments {
    @Option(name: .customLong("path.procfs"), help: "Where the host's /proc is.")
    var procfs = "/proc"

    @Option(name: .customLong("path.sysfs"), help: "Where the host's /sys is.")
    var sysfs = "/sys"

    @Option(name: .customLong("path.rootfs"), help: "Where the host's root is.")
    var rootfs = "/"

    /// The places in the form in which exporters take them.
    var paths: HostPaths { HostPaths(procfs: procfs, sysfs: sysfs, rootfs: rootfs) }

    /// Every flag with its value.
    var flagValues: [(name: String, value: String)] {
        [("path.procfs", procfs), ("path.rootfs", rootfs), ("path.sysfs", sysfs)]
    }
}

/// Flags of the host exporter beside those.
struct HostExporterOptions: ParsableArguments {
    @Option(
        name: .customLong("collector.enable"),
        help: "Collectors of the host beyond the usual, with commas between them: interrupts, processes, tcpstat.")
    var collectors: String?

    mutating func validate() throws {
        for word in WordList.words(collectors) where HostExtra(rawValue: word) == nil {
            throw ValidationError(WordList.refusal("collector.enable", word, of: HostExtra.self))
        }
    }

    /// What is told beyond the usual.
    var extras: Set<HostExtra> { Set(WordList.words(collectors).compactMap { HostExtra(rawValue: $0) }) }

    /// Every flag with its value.
    var flagValues: [(name: String, value: String)] { [("collector.enable", collectors ?? "")] }
}

/// Flags of everything that watches containers.
struct ContainerOptions: ParsableArguments {
    @Option(
        name: .customLong("docker.host"),
        help: """
            The container engine: unix:///path or tcp://host:port. (default: DOCKER_HOST, or a socket of Docker or Podman)
            """)
    var engine: String?

    @Option(
        name: .customLong("containers.allow-labels"),
        help: "The labels of containers that become labels of series, with commas between them. (default: all)")
    var allowedLabels: String?

    @Option(
        name: .customLong("containers.deny-labels"),
        help: """
            The labels of containers that do not, with commas between them. (default: those of Compose that change with each \
            deployment)
            """)
    var deniedLabels: String?

    @Option(
        name: .customLong("containers.enable"),
        help: """
            What is told beyond the usual, in cAdvisor's words with commas between them: percpu, process, cpuLoad, tcp, udp, \
            hugetlb.
            """)
    var details: String?

    @Option(
        name: .customLong("containers.cgroups"),
        help: "Where control groups are mounted. (default: fs/cgroup below --path.sysfs)")
    var cgroupMount: String?

    @Option(
        name: .customLong("containers.max"),
        help: "Containers that are told of; of those beyond only the number is.")
    var maximumContainers = ContainerSettings().maximumContainers

    @Option(
        name: .customLong("containers.size-interval"),
        help: "How often the engine measures the files of containers, which takes long; 0s: never.")
    var sizeInterval = DurationOption(milliseconds: 0)

    mutating func validate() throws {
        if maximumContainers < 1 {
            throw ValidationError("--containers.max must be at least 1, got \(maximumContainers)")
        }
        for word in WordList.words(details) where ContainerDetail(rawValue: word) == nil {
            throw ValidationError(WordList.refusal("containers.enable", word, of: ContainerDetail.self))
        }
    }

    /// The settings in the form in which exporters take them.
    var settings: ContainerSettings {
        var settings = ContainerSettings()
        settings.maximumContainers = maximumContainers
        settings.allowedLabels = WordList.words(allowedLabels)
        if deniedLabels != nil { settings.deniedLabels = WordList.words(deniedLabels) }
        settings.details = Set(WordList.words(details).compactMap { ContainerDetail(rawValue: $0) })
        settings.cgroupMount = cgroupMount
        settings.sizeInterval = sizeInterval.milliseconds
        return settings
    }

    /// Where the engine is; `nil` when `DOCKER_HOST` names a way to it that is not known here.
    ///
    /// - Throws: `StartFailure` when the flag does.
    func address() throws -> EngineAddress? {
        guard let engine else { return .standard }
        guard let address = EngineAddress(engine) else {
            throw StartFailure("--docker.host=\(engine) is neither unix:///PATH nor tcp://HOST:PORT")
        }
        return address
    }

    /// Every flag with its value.
    var flagValues: [(name: String, value: String)] {
        [
            ("containers.allow-labels", allowedLabels ?? ""),
            ("containers.cgroups", cgroupMount ?? ""),
            ("containers.deny-labels", settings.deniedLabels.sorted().joined(separator: ",")),
            ("containers.enable", details ?? ""),
            ("containers.max", String(maximumContainers)),
            ("containers.size-interval", sizeInterval.defaultValueDescription),
            ("docker.host", engine ?? ""),
        ]
    }
}

/// Words of a flag, with commas between them.
enum WordList {
    /// The words, without blanks around them; none where the flag is not given.
    static func words(_ list: String?) -> Set<String> {
        Set((list ?? "").split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty })
    }

    /// Why a word is refused where only those of `kind` are known.
    static func refusal<Kind: RawRepresentable & CaseIterable>(
        _ flag: String, _ word: String, of kind: Kind.Type
    ) -> String where Kind.RawValue == String {
        "--\(flag)=\(word) is none of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))"
    }
}
