/// Remembers the paths of groups, so that a container has the same `id` while it does not run.
struct PathMemory {
    private var paths: [String: String] = [:]
    /// What stands before and after the id in the paths of this engine.
    private var pattern: (start: String, end: String) = ("/docker/", "")

    /// Takes note of where a container's group is.
    mutating func note(_ path: String, of id: String) {
        guard paths[id] != path else { return }
        paths[id] = path
        if let place = path.firstRange(of: id) {
            pattern = (String(path[..<place.lowerBound]), String(path[place.upperBound...]))
        }
    }

    /// The path where a container's group is, or was, or would be like those of others.
    mutating func path(of id: String) -> String {
        if let path = paths[id] { return path }
        let path = pattern.start + id + pattern.end
        paths[id] = path
        return path
    }

    /// Forgets containers that are gone.
    mutating func keep(_ entries: [ContainerDirectory.Entry], beside measured: Set<String>) {
        guard paths.count > 2 * (entries.count + measured.count) else { return }
        let known = measured.union(entries.map(\.facts.id))
        paths = paths.filter { known.contains($0.key) }
    }
}
