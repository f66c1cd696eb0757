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
    func problem(failure: ExporterError?) -> String {
        if let socketPath {
            if let problem = socketProblem(unsafe access(socketPath, R_OK | W_OK) == 0 ? 0 : errno) { return problem }
            var facts = stat()
            if unsafe stat(socketPath, &facts) == 0, facts.st_mode & S_IFMT != S_IFSOCK {
                return "Cannot connect to \(socketPath): it is no socket. --docker.host names that of the engine."
            }
        }
        switch failure {
        case nil: return "The container engine at \(place) has not been asked yet."
        case .unreachable(_, let reason):
            return "Cannot connect to \(place): \(reason). Start the container engine that is to listen there "
                + "(systemctl start docker), or name another with --docker.host."
        case .engine(let path, let reason):
            return "The container engine at \(place) does not answer \(path) as it should: \(reason)"
                + (reason.hasSuffix(".") ? "" : ".")
        case .some(let failure): return "The container engine at \(place) cannot be asked: \(failure)."
        }
    }

    /// Why the socket may not be used, and what to do; `nil` where it may.
    ///
    /// - Parameter code: the system's error number for a look at the socket, or 0.
    package func socketProblem(_ code: Int32) -> String? {
        let start = "Cannot connect to \(place): "
        switch code {
        case 0: return nil
        case EACCES, EPERM:
            return start + "permission denied. Add the user that runs Apus to the group that owns the socket "
                + "(usermod -aG docker USER, or docker run --group-add GID), and start Apus anew."
        case ENOENT, ENOTDIR:
            return start + "no such file. No container engine runs here, or its socket is elsewhere, which "
                + "--docker.host names; once one listens there, its containers are seen."
        default: return start + (unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)") + "."
        }
    }
}
