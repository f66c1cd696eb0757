import CApusClock

/// How well the clock is kept right, as the kernel tells it; the same within every container.
///
/// Source of units and formulas: adjtimex(2), notes.
struct ClockDisciplineCollector: HostCollector {
    let name = "timex"
    /// Frequencies are in parts per million with 16 bits of fraction.
    private static let frequencyScale = 1_000_000.0 * 65_536
    private static let microseconds = 1e6

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        var facts = apus_clock_discipline()
        let code = unsafe apus_clock_read(&facts)
        guard code == 0 else { throw .unreadable(path: "the kernel's clock", code: code) }
        let isSynchronized = unsafe apus_clock_is_synchronized(&facts) != 0
        let unit = unsafe apus_clock_counts_nanoseconds(&facts) != 0 ? 1e9 : Self.microseconds
        appendClock(facts, unit: unit, isSynchronized: isSynchronized, to: &samples)
        appendPulse(facts, unit: unit, to: &samples)
    }

    private func appendClock(
        _ facts: apus_clock_discipline, unit: Double, isSynchronized: Bool, to samples: inout MetricSamples
    ) {
        func gauge(_ name: String, _ help: String, _ value: Double) {
            samples.gauge("node_timex_\(name)", help, value)
        }
        gauge(
            "sync_status", "Is clock synchronized to a reliable server (1 = yes, 0 = no).", isSynchronized ? 1 : 0)
        gauge(
            "offset_seconds", "Time offset in between local system and reference clock.",
            Double(facts.offset) / unit)
        gauge(
            "frequency_adjustment_ratio", "Local clock frequency adjustment.",
            1 + Double(facts.frequency) / Self.frequencyScale)
        gauge("maxerror_seconds", "Maximum error in seconds.", Double(facts.maximum_error) / Self.microseconds)
        gauge(
            "estimated_error_seconds", "Estimated error in seconds.",
            Double(facts.estimated_error) / Self.microseconds)
        gauge("status", "Value of the status array bits.", Double(facts.status))
        gauge("loop_time_constant", "Phase-locked loop time constant.", Double(facts.time_constant))
        gauge("tick_seconds", "Seconds between clock ticks.", Double(facts.tick) / Self.microseconds)
        gauge("tai_offset_seconds", "International Atomic Time (TAI) offset.", Double(facts.tai_offset))
    }

    /// What a signal once a second says, where there is one.
    private func appendPulse(_ facts: apus_clock_discipline, unit: Double, to samples: inout MetricSamples) {
        func gauge(_ name: String, _ help: String, _ value: Double) {
            samples.gauge("node_timex_pps_\(name)", "Pulse per second \(help)", value)
        }
        func counter(_ name: String, _ help: String, _ value: Int64) {
            samples.counter("node_timex_pps_\(name)_total", "Pulse per second \(help)", Double(value))
        }
        gauge("frequency_hertz", "frequency.", Double(facts.pps_frequency) / Self.frequencyScale)
        gauge("jitter_seconds", "jitter.", Double(facts.pps_jitter) / unit)
        gauge("shift_seconds", "interval duration.", Double(facts.pps_shift))
        gauge(
            "stability_hertz", "stability, average of recent frequency changes.",
            Double(facts.pps_stability) / Self.frequencyScale)
        counter("jitter", "count of jitter limit exceeded events.", facts.pps_jitter_count)
        counter("calibration", "count of calibration intervals.", facts.pps_calibration_count)
        counter("error", "count of calibration errors.", facts.pps_error_count)
        counter("stability_exceeded", "count of stability limit exceeded events.", facts.pps_stability_count)
    }
}
