import ApusExporters
import Glibc

/// Measures what a scrape of many containers costs, over control groups made for it.
///
/// `ExporterBenchmark [containers] [rounds] [labels]` makes them in memory as files: what the kernel needs to make up
/// their contents is not in the figures. With `kernel` as fourth word real groups are made under /sys/fs/cgroup, for
/// which one must be root, so that it is.
@main
struct ExporterBenchmark {
    static func main() async throws {
        let words = CommandLine.arguments
        func number(_ index: Int, _ standard: Int) -> Int {
            words.count > index ? Int(words[index]) ?? standard : standard
        }
        let count = max(1, number(1, 100))
        let rounds = max(1, number(2, 200))
        let labels = max(0, number(3, 10))
        let machine = try MadeMachine(containers: count, inKernel: words.count > 4 && words[4] == "kernel")
        defer { machine.remove() }
        let directory = ContainerDirectory(transport: SilentEngine(machine.containers, labels: labels))
        let following = Task { await directory.run() }
        while !directory.isConnected { try await Task.sleep(for: .milliseconds(5)) }
        let exporter = ContainerExporter(paths: machine.paths, directory: directory, version: "benchmark")
        for format in ["text/plain", "application/openmetrics-text; version=1.0.0"] {
            var page = await exporter.expose(accept: format)
            var least = Double.infinity
            var all = 0.0
            for _ in 0..<rounds {
                let start = processorTime()
                page = await exporter.expose(accept: format)
                let time = processorTime() - start
                least = min(least, time)
                all += time
            }
            let lines = page.body.count { $0 == UInt8(ascii: "\n") }
            print(
                "\(count) containers, \(format.prefix { $0 != ";" }): \(rounded(least * 1e3)) ms of processor time a scrape at "
                    + "least, \(rounded(all / Double(rounds) * 1e3)) ms on average; \(lines) lines, \(page.body.count) bytes"
            )
        }
        following.cancel()
        await following.value
    }

    /// Seconds of processor time of this process, its own and the kernel's for it.
    private static func processorTime() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
