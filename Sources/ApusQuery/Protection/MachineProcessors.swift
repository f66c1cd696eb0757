import Glibc

/// How many processors this process may run on.
package enum MachineProcessors {
    /// The processors of the machine that the process is not kept off (`taskset`, a container's `cpuset`); at least one.
    ///
    /// More threads than that would only take turns, at the price of a change of context each.
    package static var usable: Int {
        let allowed = allowed(inStatus: MachineMemory.text(ofFile: "/proc/self/status"))
        return max(1, allowed ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    /// The number of processors in the mask of a `/proc/PID/status`, `nil` without one.
    package static func allowed(inStatus text: String) -> Int? {
        let name = "Cpus_allowed:"
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        // Hexadecimal, in groups with commas between them.
        return line.dropFirst(name.count).reduce(0) { $0 + ($1.hexDigitValue ?? 0).nonzeroBitCount }
    }
}
