/// Where the hierarchies of control groups are: one of version 2, one for each controller of version 1, or both kinds.
///
/// Source: the kernel's documents on control groups, and systemd's three layouts (unified, legacy, hybrid).
struct GroupHierarchy: Sendable {
    /// The hierarchy of version 2.
    let unified: FolderPath?
    /// Those of version 1, by controller.
    private let legacy: [FolderPath?]

    /// Looks what is mounted at `mount`.
    init(mount: FolderPath) {
        var legacy: [FolderPath?] = Array(repeating: nil, count: GroupController.allCases.count)
        if mount.canRead("cgroup.controllers") {
            unified = mount
        } else {
            let hybrid = mount.folder("unified")
            unified = hybrid.canRead("cgroup.controllers") ? hybrid : nil
            for name in (try? mount.names(limit: 256)) ?? [] {
                // Controllers that share a hierarchy also share its folder: "cpu,cpuacct", with links under single
                // names.
                let words = name.split(separator: ",")
                for controller in GroupController.allCases
                where legacy[controller.rawValue] == nil && words.contains(where: { $0 == "\(controller.name)" }) {
                    legacy[controller.rawValue] = mount.folder(name)
                }
            }
        }
        self.legacy = legacy
    }

    /// Whether there are none, or none to be seen.
    var isEmpty: Bool { unified == nil && legacy.allSatisfy { $0 == nil } }

    /// The hierarchy in which containers are looked for: one that engines always put them into.
    var searched: FolderPath? {
        for controller in [GroupController.memory, .cpuacct, .cpu, .pids] {
            if let folder = legacy[controller.rawValue] { return folder }
        }
        return unified
    }

    /// The folders of a group that is at the same path in all hierarchies; `nil` where there is none.
    func group(at path: String) -> GroupFolders? {
        group(unifiedPath: path, legacyPaths: legacy.map { _ in path })
    }

    /// The folders of a group; paths begin with a slash, `nil` where a hierarchy has none for it.
    func group(unifiedPath: String?, legacyPaths: [String?]) -> GroupFolders? {
        func folder(_ mount: FolderPath?, _ path: String?) -> FolderPath? {
            guard let mount, let path else { return nil }
            let folder = mount.folder(path)
            return folder.exists ? folder : nil
        }
        let group = GroupFolders(
            path: legacyPaths[GroupController.memory.rawValue] ?? legacyPaths.compactMap { $0 }.first ?? unifiedPath
                ?? "/",
            unified: folder(unified, unifiedPath), legacy: zip(legacy, legacyPaths).map { folder($0, $1) })
        return group.isEmpty ? nil : group
    }
}

/// The folders of one control group.
struct GroupFolders: Sendable {
    /// The group's path within its hierarchy, which is the `id` of its series as with cAdvisor.
    let path: String
    /// The folder in the hierarchy of version 2.
    let unified: FolderPath?
    private let legacy: [FolderPath?]

    init(path: String, unified: FolderPath?, legacy: [FolderPath?]) {
        self.path = path
        self.unified = unified
        self.legacy = legacy
    }

    /// The folder in a controller's hierarchy of version 1.
    subscript(_ controller: GroupController) -> FolderPath? { legacy[controller.rawValue] }

    var isEmpty: Bool { unified == nil && legacy.allSatisfy { $0 == nil } }

    /// A folder with the list of the group's processes.
    ///
    /// Of version 2 where it is there: version 1 sorts the list for each reader.
    var processFolder: FolderPath? {
        unified ?? self[.pids] ?? self[.memory] ?? legacy.lazy.compactMap { $0 }.first
    }
}
