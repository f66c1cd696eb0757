import ApusModel
import Glibc
import Synchronization

/// Seconds that each processor spent in each mode, from /proc/stat.
final class ProcessorCollector: HostCollector {
    let name = "cpu"
    /// In the order of the file's columns; source: proc(5).
    private static let modes: [String] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
    /// A counter that goes back by less is a correction of the kernel's and not a processor that was switched off and on.
    private static let largestCorrection = 3.0

    /// What was told last, by processor: some of the kernel's counters go back a little now and then, which would be taken for a reset.
    private let told = Mutex<[String: [Double]]>([:])

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        try reader.loadOnce(host.procfs, "stat")
        let seconds = samples.family(.counter, "node_cpu_seconds_total", "Seconds the CPUs spent in each mode.")
        let guests = samples.family(
            .counter, "node_cpu_guest_seconds_total", "Seconds the CPUs spent in guests (VMs) for each mode.")
        let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        var cursor = FieldCursor(reader.text)
        var found = false
        while cursor.nextLine(), let field = cursor.nextField() {
            guard cursor.hasPrefix(field, "cpu"), field.count > 3 else {
                if found { break }
                continue
            }
            found = true
            let processor = cursor.string(field.dropFirst(3))
            var values: [Double] = []
            while let value = cursor.nextInteger() { values.append(Double(value) / ticks) }
            correct(&values, of: processor)
            for (index, value) in values.enumerated() {
                let isGuest = index >= Self.modes.count
                guard index < Self.modes.count + 2 else { break }
                let mode = isGuest ? (index == Self.modes.count ? "user" : "nice") : Self.modes[index]
                samples.append(
                    value, LabelText.make(["cpu": processor, "mode": mode]), to: isGuest ? guests : seconds)
            }
        }
        if !found { throw .malformed(path: reader.lastPath, reason: "no line tells of a processor") }
    }

    private func correct(_ values: inout [Double], of processor: String) {
        told.withLock { told in
            if let last = told[processor] {
                for (index, before) in last.enumerated() where index < values.count {
                    if values[index] < before, before - values[index] < Self.largestCorrection {
                        values[index] = before
                    }
                }
            }
            told[processor] = values
        }
    }
}
