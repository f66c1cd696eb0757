import FoundationEssentials
import Glibc

/// What running something cost.
struct Cost {
    /// CPU time of the process in milliseconds.
    var cpu: Double
    /// Time passed in milliseconds.
    var wall: Double

    /// Runs `body` several times and gives the medians.
    static func median(of repeats: Int, _ body: () async throws -> Void) async rethrows -> Cost {
        var costs: [Cost] = []
        for _ in 0..<max(1, repeats) {
            let start = (clock(CLOCK_PROCESS_CPUTIME_ID), clock(CLOCK_MONOTONIC))
            try await body()
            costs.append(Cost(cpu: clock(CLOCK_PROCESS_CPUTIME_ID) - start.0, wall: clock(CLOCK_MONOTONIC) - start.1))
        }
        return Cost(
            cpu: costs.map(\.cpu).sorted()[costs.count / 2], wall: costs.map(\.wall).sorted()[costs.count / 2])
    }

    /// A clock of the system in milliseconds.
    private static func clock(_ identifier: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(identifier, &time)
        return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
    }
}

/// The process's memory that no file backs, in MB: now, or the most since `resetPeak`.
enum ProcessMemory {
    static func now() -> Double { field("RssAnon:") }
    static func peak() -> Double { field("VmHWM:") }

    /// Makes the peak begin again.
    static func resetPeak() {
        try? Data("5".utf8).write(to: URL(filePath: "/proc/self/clear_refs"))
    }

    private static func field(_ name: String) -> Double {
        guard let status = FileManager.default.contents(atPath: "/proc/self/status") else { return .nan }
        for line in String(decoding: status, as: UTF8.self).split(separator: "\n") where line.hasPrefix(name) {
            return line.split(separator: " ").dropFirst().compactMap { Double($0) }.first.map { $0 / 1_024 } ?? .nan
        }
        return .nan
    }
}

/// A number with three digits after the point at most.
func rounded(_ value: Double) -> String { "\((value * 1_000).rounded() / 1_000)" }

/// A text filled up with blanks.
func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
