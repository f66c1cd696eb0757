import Foundation
import Testing

/// A process that appends until it is killed (`Tests/CrashWriter`).
final class CrashWriter {
    private let process = Process()
    private let output = Pipe()
    /// Why the store could not be opened, once `isReady` said so.
    private(set) var refusal: String?

    /// Starts the process; `words` say what it does beside appending.
    init(
        folder: String, firstStep: Int, seriesCount: Int, _ words: [String] = [], environment: [String: String] = [:]
    ) throws {
        let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let candidates = [
            tests, Bundle.main.bundleURL, URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent(),
        ]
        .map { $0.appendingPathComponent("CrashWriter") }
        let found = candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) }
        let writer: URL = try #require(found, "CrashWriter is not beside the tests: \(candidates)")
        process.executableURL = writer
        process.arguments = [folder, "\(firstStep)", "\(seriesCount)"] + words
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = output
        try process.run()
    }

    /// Waits for the first line; `false` when it says that the store could not be opened, and the process has ended.
    func isReady() throws -> Bool {
        var line = Data()
        // Byte by byte, so that nothing of what follows is taken. Reports of what failed while the store was opened come before.
        while line.last != UInt8(ascii: "\n") || line.first == UInt8(ascii: "f") {
            if line.last == UInt8(ascii: "\n") { line = Data() }
            let next = output.fileHandleForReading.readData(ofLength: 1)
            try #require(!next.isEmpty, "the writer ended without a word")
            line += next
        }
        let text = String(decoding: line.dropLast(), as: UTF8.self)
        if text == "r" { return true }
        try #require(text.hasPrefix("o "), "the writer said \(text)")
        refusal = String(text.dropFirst(2))
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 3)
        return false
    }

    /// Kills the process, which must be running still, and gives what it had said.
    func killed(_ context: String = "") -> Said {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let said = Said(text.split(separator: "\n"))
        #expect(
            process.terminationReason == .uncaughtSignal && process.terminationStatus == SIGKILL,
            "the writer ended by itself, with \(process.terminationStatus): \(said.errors) \(context)")
        return said
    }

    /// What a writer said.
    struct Said {
        /// The lines, without those of queries and counts.
        var lines: [[Substring]] = []
        /// The steps of the batches that were acknowledged.
        var acknowledged = Set<Int>()
        /// The steps of the batches that were refused.
        var refused = Set<Int>()
        /// Why, as far as it was said.
        var refusals: [Substring] = []
        /// The steps that a query saw.
        var seen = Set<Int>()
        /// The times of acknowledged late samples.
        var late = Set<Int64>()
        /// What was reported to have failed.
        var failures: [Substring] = []
        /// The failures that the store had counted at last.
        var counted = 0
        /// What must not be.
        var errors: [Substring] = []

        init(_ said: [Substring]) {
            for line in said {
                let words = line.split(separator: " ", maxSplits: 2)
                let number = words.count > 1 ? Int(words[1]) : nil
                switch (words.first, number) {
                case ("a", let step?): acknowledged.insert(step)
                case ("q", let step?): seen.insert(step)
                case ("l", let time?): late.insert(Int64(time))
                case ("n", let step?):
                    refused.insert(step)
                    if words.count > 2 { refusals.append(words[2]) }
                case ("f", _): failures.append(line)
                case ("c", let count?): counted = max(counted, count)
                case ("D", _), ("d", _), ("s", _): break
                default: errors.append(line)
                }
                if words.first != "q" && words.first != "c" { lines.append(words) }
            }
        }
    }
}
