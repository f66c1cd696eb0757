import Glibc

/// How it stands between this program and the container engine, for people to read.
package struct EngineStatus: Sendable, Equatable {
    /// The engine's version; empty as long as it never answered.
    package var version = ""
    /// The version of its API.
    package var apiVersion = ""
    /// The kernel that it runs on.
    package var kernel = ""
    /// What the engine calls itself, or its system.
    package var system = ""
    /// Whether its events are followed.
    package var isConnected = false
    /// Containers that are known, by state.
    package var counts: [String: Int] = [:]
    /// Containers beyond the limit, of which nothing is told.
    package var leftOutCount = 0
    /// What is wrong and what to do about it; empty where nothing is.
    package var problem = ""

    /// Nothing known yet.
    package init() {}

    /// Whether the engine exposes metrics only together with its experimental features, as before version 23.
    package var needsExperimental: Bool {
        version.split(separator: ".").first.flatMap { Int($0) }.map { $0 < 23 } ?? false
    }
}

extension ContainerDirectory {
    /// How it stands with the engine at `address` now; asks the system only whether its socket may be used.
    package func status(address: EngineAddress) -> EngineStatus {
        let snapshot = snapshot
        var status = EngineStatus()
        status.version = snapshot.engine.version
        status.apiVersion = snapshot.engine.apiVersion
        status.kernel = snapshot.engine.kernel
        status.system = snapshot.engine.system
        status.isConnected = snapshot.isConnected
        status.leftOutCount = snapshot.leftOutCount
        for entry in snapshot.entries { status.counts[entry.facts.state, default: 0] += 1 }
        if !snapshot.isConnected { status.problem = address.problem(failure: snapshot.failure) }
        return status
    }
}

extension EngineAddress {
    /// Why the engine cannot be asked, and what to do.
    ///
    /// - Parameter failure: what the last attempt brought; `nil` before the first.
    package func problem(failure: String?) -> String {
        if let socketPath, unsafe access(socketPath, R_OK | W_OK) != 0 {
            if errno == EACCES {
                return "This program may not use \(socketPath), where the container engine listens: let it run in the "
                    + "group that owns the socket (usermod -aG docker USER, or docker run --group-add GID)."
            }
            return "There is no container engine at \(socketPath). Once one listens there, its containers are seen; "
                + "--docker.host names another place."
        }
        guard let failure else { return "The container engine at \(description) has not been asked yet." }
        return "The container engine at \(description) does not answer: \(failure)"
    }
}
