package import ApusConfig
import Glibc

/// What is known of the files of one section: which there are, how they looked, which groups they gave.
///
/// Does the reading, but neither waits nor reports, so that tests step through it.
package struct FileWatch: Sendable {
    /// What one look found.
    package struct Findings: Sendable, Hashable {
        /// Whether the groups are others than before.
        package var hasChanged: Bool
        /// Files that could not be read; each is told once per change of the file.
        package var failures: [DiscoveryFailure]

        /// What a look found.
        package init(hasChanged: Bool = false, failures: [DiscoveryFailure] = []) {
            self.hasChanged = hasChanged
            self.failures = failures
        }
    }

    /// How a file looked when it was read.
    private struct Stamp: Hashable, Sendable {
        let device: UInt
        let inode: UInt
        let size: Int
        let seconds: Int
        let nanoseconds: Int
    }

    private struct File: Sendable {
        var stamp: Stamp?
        var groups: [TargetGroup] = []
    }

    private let patterns: [String]
    private let limits: YAMLLimits
    private var files: [String: File] = [:]
    private var hasLooked = false

    /// A watch over files like `patterns`; nothing is read yet.
    package init(patterns: [String], limits: YAMLLimits = .standard) {
        self.patterns = patterns
        self.limits = limits
    }

    /// All groups, in the order of the patterns and names of files.
    package var groups: [TargetGroup] {
        files.keys.sorted().flatMap { files[$0]?.groups ?? [] }
    }

    /// The time of the last change of each file that was read, in seconds since the epoch, by name.
    package var timestamps: [String: Double] {
        files.compactMapValues { file in
            file.stamp.map { Double($0.seconds) + Double($0.nanoseconds) / 1e9 }
        }
    }

    /// Looks at all files; reads those that are new or have changed, or all of them.
    ///
    /// A file that cannot be read any more keeps the groups it gave; one that is gone loses them.
    package mutating func look(readsAll: Bool = false) -> Findings {
        var findings = Findings(hasChanged: !hasLooked)
        hasLooked = true
        var present: Set<String> = []
        for pattern in patterns { present.formUnion(FilePattern.matches(of: pattern)) }
        for path in files.keys where !present.contains(path) {
            if files.removeValue(forKey: path)?.groups.isEmpty == false { findings.hasChanged = true }
        }
        for path in present.sorted() {
            let stamp = Self.stamp(of: path)
            if !readsAll, let known = files[path], known.stamp == stamp { continue }
            read(path, stamp: stamp, into: &findings)
        }
        return findings
    }

    private mutating func read(_ path: String, stamp: Stamp?, into findings: inout Findings) {
        var file = files[path] ?? File()
        // Set also when reading fails, so that a bad file is told once and read again when it changes.
        file.stamp = stamp
        do throws(ConfigurationError) {
            let text = try ConfigurationFile.read(path, limit: limits.bytes)
            let groups = try TargetGroupFile.parse(text, file: path, limits: limits)
            if groups != file.groups { findings.hasChanged = true }
            file.groups = groups
        } catch {
            findings.failures.append(DiscoveryFailure(source: path, reason: "\(error)"))
        }
        files[path] = file
    }

    private static func stamp(of path: String) -> Stamp? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return Stamp(
            device: UInt(status.st_dev), inode: UInt(status.st_ino), size: Int(status.st_size),
            seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    }
}
