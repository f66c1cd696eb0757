import ApusBytes
package import ApusModel

/// What the engine knows of a container.
package struct ContainerFacts: Sendable, Equatable {
    /// The container's id, 64 hexadecimal digits.
    package var id: String
    /// The container's name without the slash.
    package var name: String
    /// The image as it was asked for, such as `accesslog:latest`.
    package var image = ""
    /// The image's id.
    package var imageID = ""
    /// The labels as they are, sorted by name.
    package var labels: [Label] = []
    /// The state: one of `states`.
    package var state = ""
    /// The result of the health check: `healthy`, `unhealthy` or `starting`; `nil` where there is none.
    package var health: String?
    /// The process with which it began, on the host; 0 where it does not run.
    package var pid = 0
    /// The code with which it ended last.
    package var exitCode = 0
    /// How often the engine started it again.
    package var restartCount = 0
    /// Whether it ended because there was no memory.
    package var wasOutOfMemory = false
    /// When it was started, in milliseconds since the epoch.
    package var startTime: Int64?
    /// When it was made, in milliseconds since the epoch.
    package var creationTime: Int64?
    /// `host`, `none`, `bridge`, the name of a network, or `container:ID`.
    package var networkMode = ""
    /// What it may use.
    package var limits = ContainerLimits()

    /// The states of a container, in the order of its life.
    package static let states: [String] = [
        "created", "running", "paused", "restarting", "removing", "exited", "dead",
    ]

    /// A container of which only its id and name are known.
    package init(id: String, name: String) {
        self.id = id
        self.name = name
    }

    /// Whether it has processes.
    package var isRunning: Bool { state == "running" || state == "paused" }

    /// Whether its network is its own and not the host's or another container's, which is counted there.
    var hasOwnNetwork: Bool {
        networkMode != "host" && networkMode != "none" && !networkMode.hasPrefix("container:")
    }

    /// The value of a label.
    package subscript(_ label: String) -> String? { labels.first { $0.name == label }?.value }

    /// Reads the answer of an inspection; `nil` where it has no id, name or state.
    init?(_ json: JSONValue) {
        guard let id = json["Id"]?.text, !id.isEmpty, let name = json["Name"]?.text, let state = json["State"] else {
            return nil
        }
        self.init(id: id, name: String(name.drop { $0 == "/" }))
        let configuration = json["Config"]
        image = configuration?["Image"]?.text ?? json["ImageName"]?.text ?? ""
        imageID = json["Image"]?.text ?? ""
        labels = (configuration?["Labels"]?.members ?? [])
            .map { Label(name: $0.name, value: $0.value.text ?? "") }
            .sorted { $0.name < $1.name }
        self.state = state["Status"]?.text ?? (state["Running"] == .flag(true) ? "running" : "exited")
        health = (state["Health"] ?? state["Healthcheck"])?["Status"]?.text.flatMap {
            $0 == "none" || $0.isEmpty ? nil : $0
        }
        pid = state["Pid"]?.integer ?? 0
        exitCode = state["ExitCode"]?.integer ?? 0
        wasOutOfMemory = state["OOMKilled"] == .flag(true)
        restartCount = json["RestartCount"]?.integer ?? 0
        startTime = Self.time(state["StartedAt"])
        creationTime = Self.time(json["Created"])
        networkMode = json["HostConfig"]?["NetworkMode"]?.text ?? ""
        if let host = json["HostConfig"] { limits = ContainerLimits(host) }
    }

    /// Engines say the first year for what has not been.
    private static func time(_ json: JSONValue?) -> Int64? {
        json?.text.flatMap { TimestampText.parse($0) }.flatMap { $0 > 0 ? $0 : nil }
    }
}

/// What a container may use, as it was asked for; 0 for no limit.
package struct ContainerLimits: Sendable, Equatable {
    /// Bytes of memory.
    package var memory = 0.0
    /// Bytes of memory and swap together.
    package var memoryAndSwap = 0.0
    /// Bytes that are kept for it.
    package var reservation = 0.0
    /// Microseconds of processor time in each period.
    package var quota = 0.0
    /// Microseconds of a period.
    package var period = 0.0
    /// The weight against others.
    package var shares = 0.0

    /// No limits.
    package init() {}

    init(_ json: JSONValue) {
        memory = max(0, json["Memory"]?.double ?? 0)
        memoryAndSwap = max(0, json["MemorySwap"]?.double ?? 0)
        reservation = max(0, json["MemoryReservation"]?.double ?? 0)
        period = max(0, json["CpuPeriod"]?.double ?? 0)
        quota = max(0, json["CpuQuota"]?.double ?? 0)
        shares = max(0, json["CpuShares"]?.double ?? 0)
        // `--cpus` is the newer way to say the same, in billionths of a processor.
        if quota == 0, let processors = json["NanoCpus"]?.double, processors > 0 {
            if period == 0 { period = 100_000 }
            quota = (processors / 1e9 * period).rounded()
        }
        if quota > 0, period == 0 { period = 100_000 }
    }
}
