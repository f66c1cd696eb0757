import ApusModel

/// Numbers of processes by state, and of threads: a file of every process is read for it, so only where it is asked for.
struct ProcessCollector: HostCollector {
    let name = "processes"
    /// Behind the name in parentheses the state comes first, and the number of threads 17 fields later; source: proc(5).
    private static let fieldsToThreads = 16

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        var states: [String: Int] = [:]
        var processes = 0
        var threads: UInt64 = 0
        for name in try host.procfs.names() where name.utf8.allSatisfy({ (48...57).contains($0) }) {
            do throws(ExporterError) {
                try reader.load(host.procfs, name: "\(name)/stat")
            } catch {
                // It ended meanwhile.
                if error.isAbsence { continue }
                throw error
            }
            guard let (state, count) = Self.facts(reader.text) else { continue }
            processes += 1
            states[state, default: 0] += 1
            threads &+= count
        }
        let place = samples.family(.gauge, "node_processes_state", "Number of processes in each state.")
        for (state, count) in states.sorted(by: { $0.key < $1.key }) {
            samples.append(Double(count), LabelText.make(["state": state]), to: place)
        }
        samples.gauge("node_processes_pids", "Number of PIDs", Double(processes))
        samples.gauge("node_processes_threads", "Allocated threads in system", Double(threads))
        let limits = host.procfs.folder("sys/kernel")
        if let limit = try reader.value(limits, "threads-max") {
            samples.gauge("node_processes_max_threads", "Limit of threads in the system", Double(limit))
        }
        if let limit = try reader.value(limits, "pid_max") {
            samples.gauge("node_processes_max_processes", "Number of max PIDs limit", Double(limit))
        }
    }

    /// The state and the number of threads in /proc/PID/stat.
    private static func facts(_ text: Span<UInt8>) -> (state: String, threads: UInt64)? {
        // Names may have parentheses and blanks in them.
        var start = text.count
        while start > 0, text[start - 1] != UInt8(ascii: ")") { start -= 1 }
        guard start > 0 else { return nil }
        var cursor = FieldCursor(text.extracting(start..<text.count))
        guard cursor.nextLine(), let state = cursor.nextField() else { return nil }
        let word = cursor.string(state)
        cursor.skipFields(fieldsToThreads)
        guard let threads = cursor.nextInteger() else { return nil }
        return (word, threads)
    }
}
