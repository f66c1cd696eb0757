/// Writes what the engine knows of a container as samples.
enum StateWriter {
    private static let states = ContainerFacts.states.map { (name: $0, label: LabelText.make(["state": $0])) }
    private static let healthStates = ["healthy", "starting", "unhealthy"].map {
        (name: $0, label: LabelText.make(["status": $0]))
    }

    static func write(
        _ facts: ContainerFacts, labels: [UInt8], image: ImageFacts?, sizes: ContainerSizes?,
        into samples: inout MetricSamples
    ) {
        for (name, label) in states {
            samples.append(facts.state == name ? 1.0 : 0, labels, extra: label, to: .state)
        }
        if let health = facts.health {
            for (name, label) in healthStates {
                samples.append(health == name ? 1.0 : 0, labels, extra: label, to: .healthStatus)
            }
        }
        if facts.restartCount >= 0 { samples.append(Double(facts.restartCount), labels, to: .restarts) }
        if !facts.isRunning, facts.startTime != nil {
            samples.append(Double(facts.exitCode), labels, to: .exitCode)
        }
        samples.append(facts.wasOutOfMemory ? 1.0 : 0, labels, to: .outOfMemoryKilled)
        let info = LabelText.make([
            "container_id": facts.id, "image_id": facts.imageID, "network_mode": facts.networkMode,
        ])
        samples.append(1.0, labels, extra: info, to: .info)
        if let image {
            samples.append(image.size, labels, to: .imageSize)
            if image.created > 0 { samples.append(image.created, labels, to: .imageCreationTime) }
        }
        // Measured by the engine now and then where that is switched on; it does not tell on which disk.
        if let sizes { samples.append(sizes.own, labels, to: .fileUsage) }
        if let time = facts.creationTime { samples.append(Double(time) / 1e3, labels, to: .creationTime) }
        guard facts.isRunning else { return }
        if let time = facts.startTime { samples.append(Double(time) / 1e3, labels, to: .startTime) }
        let health: Double =
            switch facts.health {
            case "healthy": 1
            case nil: -1
            default: 0
            }
        samples.append(health, labels, to: .healthState)
    }
}

/// Writes how often things happened to containers.
enum EventWriter {
    /// What is told as zero before it happened, so that the first time is a rise.
    private static let expected: [ContainerEvent.Action] = [.start, .stop, .die, .oom, .restart]
    private static let expectedOfHealth: [ContainerEvent.Action] = [.healthy, .unhealthy]

    static func write(
        _ counts: [(key: ContainerEventLog.Key, count: UInt64)], containers: [ContainerDirectory.Entry],
        into samples: inout MetricSamples
    ) {
        var written: Set<ContainerEventLog.Key> = []
        for (key, count) in counts {
            written.insert(key)
            samples.append(Double(count), labels(of: key), to: .events)
        }
        for entry in containers {
            let identity = ContainerIdentity { entry.facts[$0] }
            for action in expected + (entry.facts.health == nil ? [] : expectedOfHealth) {
                let key = ContainerEventLog.Key(name: entry.facts.name, identity: identity, action: action)
                if written.insert(key).inserted { samples.append(0.0, labels(of: key), to: .events) }
            }
        }
    }

    private static func labels(of key: ContainerEventLog.Key) -> [UInt8] {
        var text = LabelText.make(["action": key.action.rawValue, "name": key.name])
        LabelText.append(key.identity, to: &text)
        return text
    }
}
