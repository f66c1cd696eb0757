/// Knows where the control groups of containers are, so that they are not looked for at each scrape.
struct GroupLocator {
    /// Where a container's group is.
    struct Place {
        let folders: GroupFolders
        /// The first process, if it is known to be the container's.
        let process: UInt64?
        /// The directory's number of what this was found for; 0 for a container that no engine tells of.
        let revision: UInt64
    }

    private let settings: ContainerSettings
    private let procfs: FolderPath
    private(set) var hierarchy: GroupHierarchy
    private let mount: FolderPath
    private var places: [String: Place] = [:]
    /// The paths that the last search found, by id.
    private var found: [String: String] = [:]
    /// The ids that the search before found.
    private var foundBefore: Set<String> = []
    /// Milliseconds; `nil` before the first.
    private var lastSearch: Int64?
    /// Revisions for which a search was made and found nothing.
    private var missing: Set<UInt64> = []

    init(mount: FolderPath, procfs: FolderPath, settings: ContainerSettings) {
        self.mount = mount
        self.procfs = procfs
        self.settings = settings
        hierarchy = GroupHierarchy(mount: mount)
    }

    /// The places of running containers, in their order; `nil` for those that are not to be seen.
    ///
    /// - Parameters:
    ///   - isWhole: whether the containers are all that the engine has; if not, others are searched for at every
    /// scrape.
    ///   - now: milliseconds.
    mutating func places(
        of containers: [ContainerDirectory.Entry], isWhole: Bool, now: Int64, _ reader: inout FileReader
    ) throws(ExporterError) -> [Place?] {
        if hierarchy.isEmpty { hierarchy = GroupHierarchy(mount: mount) }
        var results: [Place?] = []
        var hasMissing = false
        for entry in containers {
            var place = places[entry.facts.id]
            if place?.revision != entry.revision {
                place = try locate(entry, &reader)
                places[entry.facts.id] = place
            }
            if place == nil, !missing.contains(entry.revision) { hasMissing = true }
            results.append(place)
        }
        // Also after the clock was set back.
        let isDue = lastSearch.map { (now - $0).magnitude >= settings.searchInterval.magnitude } ?? true
        if hasMissing || !isWhole || isDue {
            search(now: now)
            missing.removeAll()
            for (index, entry) in containers.enumerated() where results[index] == nil {
                guard let path = found[entry.facts.id], let folders = hierarchy.group(at: path) else {
                    missing.insert(entry.revision)
                    continue
                }
                // The process that the engine names is of another machine or namespace, or the group would have been
                // found by it.
                results[index] = Place(folders: folders, process: nil, revision: entry.revision)
                places[entry.facts.id] = results[index]
            }
        }
        // What is gone is forgotten.
        if places.count > 2 * (containers.count + found.count) {
            let known = Set(containers.map(\.facts.id)).union(found.keys)
            places = places.filter { known.contains($0.key) }
        }
        return results
    }

    /// Groups of containers that are not among `known`, by id.
    ///
    /// - Parameter isWhole: whether an engine tells of its containers: then only those are meant that were there at
    /// the search
    ///   before too, since one that is just being made is not told of by its engine yet.
    mutating func others(than known: Set<String>, isWhole: Bool, limit: Int) -> [(id: String, place: Place)] {
        var others: [(id: String, place: Place)] = []
        for (id, path) in found.sorted(by: { $0.value < $1.value }) where others.count < limit {
            if known.contains(id) || (isWhole && !foundBefore.contains(id)) { continue }
            var place = places[id]
            if place?.revision != 0 {
                guard let folders = hierarchy.group(at: path) else { continue }
                place = Place(folders: folders, process: nil, revision: 0)
                places[id] = place
            }
            if let place { others.append((id, place)) }
        }
        return others
    }

    /// Forgets a place that turned out to be empty.
    mutating func forget(_ id: String) { places[id] = nil }

    private mutating func search(now: Int64) {
        lastSearch = now
        foundBefore = Set(found.keys)
        found = hierarchy.searched.map { GroupSearch.containers(below: $0, limit: settings.maximumGroups) } ?? [:]
    }

    /// Looks where the engine's process is; `nil` where that is not to be seen, or is another machine's process.
    private func locate(
        _ entry: ContainerDirectory.Entry, _ reader: inout FileReader
    ) throws(ExporterError) -> Place? {
        guard let process = UInt64(exactly: entry.facts.pid), process > 0,
            try reader.loadIfPresent(procfs, name: "\(process)/cgroup")
        else { return nil }
        var unifiedPath: String?
        var legacyPaths: [String?] = Array(repeating: nil, count: GroupController.allCases.count)
        var cursor = FieldCursor(reader.text)
        while cursor.nextLine() {
            guard cursor.field(before: UInt8(ascii: ":")) != nil,
                let controllers = cursor.field(before: UInt8(ascii: ":")),
                let path = GroupPath.path(of: entry.facts.id, in: cursor.restOfLine())
            else { continue }
            if controllers.isEmpty { unifiedPath = path }
            let words = cursor.string(controllers).split(separator: ",")
            for controller in GroupController.allCases where words.contains(where: { $0 == "\(controller.name)" }) {
                legacyPaths[controller.rawValue] = path
            }
        }
        guard unifiedPath != nil || legacyPaths.contains(where: { $0 != nil }) else { return nil }
        return hierarchy.group(unifiedPath: unifiedPath, legacyPaths: legacyPaths)
            .map { Place(folders: $0, process: process, revision: entry.revision) }
    }
}
