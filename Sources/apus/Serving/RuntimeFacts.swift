import ApusBytes
import ApusConfig
import ApusModel
import ApusStorage
import ApusWeb
import Glibc

/// What the status page says of the process.
struct RuntimeFacts: Sendable {
    private let startTime: Int64
    private let workingFolder: String
    private let hostname: String

    init(startTime: Int64) {
        self.startTime = startTime
        workingFolder = unsafe Self.text(capacity: Int(PATH_MAX)) { unsafe getcwd($0, $1) != nil }
        hostname = unsafe Self.text(capacity: 256) { unsafe gethostname($0, $1) == 0 }
    }

    func status(
        configuration: ConfigurationStore.State, retention: RetentionSettings, corruptionCount: Int
    ) -> RuntimeStatus {
        RuntimeStatus(
            startTime: startTime, workingFolder: workingFolder, hostname: hostname,
            lastReloadSucceeded: configuration.lastReloadSucceeded, lastConfigurationTime: configuration.loadTime,
            corruptionCount: corruptionCount, threadCount: Self.threadCount, processorCount: Self.processorCount,
            retention: Self.text(retention))
    }

    /// The limits as Prometheus writes them, `15d or 50GiB`, then the rules, and the roll-ups that outlive samples.
    private static func text(_ retention: RetentionSettings) -> String {
        var limits = [DurationText.string(retention.time)]
        if retention.bytes > 0 { limits.append(SizeText.string(Int64(retention.bytes))) }
        if retention.percentage > 0 { limits.append("\(NumberText.string(retention.percentage, .plain))% of the disk") }
        let kept = retention.rollups.filter { $0.keep != nil }.map { "roll-up \($0.description)" }
        return ([limits.joined(separator: " or ")] + retention.rules.descriptions + kept).joined(separator: "; ")
    }

    private static var processorCount: Int { Int(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    /// The number of entries in the kernel's list of this process's threads.
    private static var threadCount: Int {
        guard let folder = unsafe opendir("/proc/self/task") else { return 0 }
        defer { unsafe closedir(folder) }
        var count = 0
        while unsafe readdir(folder) != nil { count += 1 }
        return max(0, count - 2)
    }

    private static func text(capacity: Int, _ fill: (UnsafeMutablePointer<CChar>, Int) -> Bool) -> String {
        var buffer = [CChar](repeating: 0, count: capacity)
        // One byte less than there is: the last stays zero.
        guard unsafe fill(&buffer, capacity - 1) else { return "" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
