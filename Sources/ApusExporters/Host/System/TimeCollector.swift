import ApusModel
import Glibc

/// The clock and the time zone.
struct TimeCollector: HostCollector {
    let name = "time"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        samples.gauge(
            "node_time_seconds", "System time in seconds since epoch (1970).",
            Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9)
        var local = unsafe tm()
        var seconds = now.tv_sec
        guard unsafe localtime_r(&seconds, &local) != nil else { return }
        let zone = unsafe local.tm_zone.map { unsafe String(cString: $0) } ?? ""
        let offset = unsafe Double(local.tm_gmtoff)
        samples.gauge(
            "node_time_zone_offset_seconds", "System time zone offset in seconds.", offset,
            LabelText.make(["time_zone": zone]))
    }
}

/// The clocks that the kernel can go by, from /sys/devices/system/clocksource; node-exporter counts them to the time.
struct ClockSourceCollector: HostCollector {
    let name = "clocksource"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        let folder = host.sysfs.folder("devices/system/clocksource")
        let available = samples.family(
            .gauge, "node_time_clocksource_available_info",
            "Available clocksources read from '/sys/devices/system/clocksource'.")
        let current = samples.family(
            .gauge, "node_time_clocksource_current_info",
            "Current clocksource read from '/sys/devices/system/clocksource'.")
        for name in try folder.names() where name.hasPrefix("clocksource") {
            let device = String(name.dropFirst("clocksource".count))
            for source in (try reader.line(folder, name: "\(name)/available_clocksource") ?? "").split(separator: " ") {
                samples.append(1, LabelText.make(["clocksource": String(source), "device": device]), to: available)
            }
            if let source = try reader.line(folder, name: "\(name)/current_clocksource") {
                samples.append(1, LabelText.make(["clocksource": source, "device": device]), to: current)
            }
        }
    }
}
