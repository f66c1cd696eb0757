/// Finds the control groups of all containers below a mount.
enum GroupSearch {
    /// Groups that are nested deeper are left alone.
    private static let greatestDepth = 16

    /// The paths of the groups of containers, by id.
    ///
    /// A group that ends meanwhile is none; what cannot be read is left out.
    ///
    /// - Parameter limit: groups that are looked at.
    static func containers(below mount: FolderPath, limit: Int) -> [String: String] {
        var found: [String: String] = [:]
        var waiting: [(path: String, depth: Int)] = [("", 0)]
        var count = 0
        while let (path, depth) = waiting.popLast(), count < limit {
            count += 1
            guard let names = try? mount.folder(path).subfolderNames(limit: limit) else { continue }
            for name in names {
                let child = "\(path)/\(name)"
                if let id = GroupPath.containerID(in: name), found[id] == nil { found[id] = child }
                if depth + 1 < greatestDepth { waiting.append((child, depth + 1)) }
            }
        }
        return found
    }
}
