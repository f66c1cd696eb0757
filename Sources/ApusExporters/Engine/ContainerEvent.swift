import ApusBytes
import ApusModel

/// Something that happened to a container.
package struct ContainerEvent: Sendable, Equatable {
    /// What happened.
    package enum Action: String, Sendable, CaseIterable {
        /// It was made.
        case create
        /// It began to run.
        case start
        /// It was asked to end, and did.
        case stop
        /// It was stopped and started.
        case restart
        /// A signal was sent to it.
        case kill
        /// It ended.
        case die
        /// A process of it was killed because there was no memory.
        case oom
        /// It was frozen.
        case pause
        /// It goes on.
        case unpause
        /// It has another name.
        case rename
        /// It may use more or less than before.
        case update
        /// It was removed.
        case destroy
        /// Its health check succeeds.
        case healthy
        /// Its health check fails.
        case unhealthy
    }

    /// When, in milliseconds since the epoch.
    package let time: Int64
    /// What happened.
    package let action: Action
    /// The container's id.
    package let id: String
    /// The container's name; after a renaming the new one.
    package let name: String
    /// The container's image.
    package let image: String
    /// Who the container is across its lives.
    package let identity: ContainerIdentity
    /// The code with which it ended; for `die`.
    package let exitCode: Int?

    /// An event with the given parts.
    package init(
        time: Int64, action: Action, id: String, name: String, image: String, identity: ContainerIdentity,
        exitCode: Int? = nil
    ) {
        self.time = time
        self.action = action
        self.id = id
        self.name = name
        self.image = image
        self.identity = identity
        self.exitCode = exitCode
    }

    /// Reads a line of the engine's events; `nil` for what is of no interest, such as commands run in a container.
    init?(_ json: JSONValue) {
        guard (json["Type"]?.text ?? "container") == "container",
            let actor = json["Actor"], let id = actor["ID"]?.text ?? json["id"]?.text,
            let word = json["Action"]?.text ?? json["status"]?.text, let action = Self.action(word)
        else { return nil }
        let attributes = actor["Attributes"]?.members ?? []
        func attribute(_ name: String) -> String? { attributes.first { $0.name == name }?.value.text }
        self.init(
            time: Self.time(json), action: action, id: id,
            name: String((attribute("name") ?? "").drop { $0 == "/" }), image: attribute("image") ?? "",
            identity: ContainerIdentity { attribute($0) },
            exitCode: (attribute("exitCode") ?? attribute("containerExitCode")).flatMap { Int($0) })
    }

    /// Docker's words, and Podman's where they differ.
    private static func action(_ word: String) -> Action? {
        switch word {
        case "died": .die
        case "remove": .destroy
        case "health_status: healthy": .healthy
        case "health_status: unhealthy": .unhealthy
        default: Action(rawValue: word)
        }
    }

    private static func time(_ json: JSONValue) -> Int64 {
        if let nanoseconds = json["timeNano"]?.integer { return Int64(nanoseconds / 1_000_000) }
        guard let seconds = json["time"]?.integer, seconds.magnitude < 1 << 40 else { return 0 }
        return Int64(seconds) * 1_000
    }

    /// Whether a line tells of a command run in a container, as health checks do every few seconds: not worth reading.
    static func isOfExecution(_ line: [UInt8]) -> Bool {
        line.firstRange(of: Array("\"Action\":\"exec_".utf8)) != nil
    }
}

/// Who a container is, whatever its id: what stays when it is made anew.
package struct ContainerIdentity: Sendable, Hashable {
    /// The project of Compose; empty for a container of its own.
    package var project: String
    /// The service within the project.
    package var service: String
    /// The number of the replica within the service.
    package var replica: String

    /// An identity with the given parts.
    package init(project: String = "", service: String = "", replica: String = "") {
        self.project = project
        self.service = service
        self.replica = replica
    }

    /// The identity that labels give: those of Compose, or of a swarm's stack.
    init(_ label: (String) -> String?) {
        project =
            label("com.docker.compose.project") ?? label("io.podman.compose.project")
            ?? label("com.docker.stack.namespace") ?? ""
        service = label("com.docker.compose.service") ?? label("com.docker.swarm.service.name") ?? ""
        // A swarm's task is called service.3.id.
        let task = label("com.docker.swarm.task.name")?.split(separator: ".").dropFirst().first.map(String.init)
        replica = label("com.docker.compose.container-number") ?? task ?? ""
    }
}
