import ApusModel
import ApusTestSupport

/// How the values of a series move from sample to sample.
enum Movement {
    /// One value for ever.
    case constant(Double)
    /// A counter that grows by up to the given whole number, and rests with the given probability.
    case integerCounter(step: Int, rests: Double)
    /// A counter with two decimals.
    case decimalCounter(step: Int, rests: Double)
    /// A counter whose increments have all digits.
    case fullCounter(step: Double)
    /// A gauge in pages of memory.
    case pages
    /// A gauge with two decimals.
    case decimalGauge
    /// A bucket of a histogram: the given share of all observations lies in it or below.
    case bucket(share: Double)

    /// The values of a series over time.
    func values(_ count: Int, using generator: inout SeededGenerator) -> [Double] {
        var value = 0.0
        func uniform() -> Double { Double.random(in: 0..<1, using: &generator) }
        switch self {
        case .constant(let constant): value = constant
        case .integerCounter, .bucket: value = Double(Int.random(in: 0..<5_000_000, using: &generator))
        case .decimalCounter: value = Double(Int.random(in: 0..<400_000_000, using: &generator)) / 100
        case .fullCounter(let step): value = uniform() * step * 10_000
        case .pages: value = Double(Int.random(in: 0..<400_000, using: &generator)) * 4_096
        case .decimalGauge: value = uniform() * 4
        }
        return (0..<count).map { _ in
            switch self {
            case .constant: break
            case .integerCounter(let step, let rests):
                if uniform() >= rests { value += Double(Int.random(in: 0...step, using: &generator)) }
            case .decimalCounter(let step, let rests):
                if uniform() >= rests {
                    value = ((value * 100).rounded() + Double(Int.random(in: 0...step, using: &generator))) / 100
                }
            case .fullCounter(let step): value += step * uniform()
            case .pages:
                if uniform() >= 0.1 { value += Double(Int.random(in: -1_000...1_000, using: &generator)) * 4_096 }
                value = max(0, value)
            case .decimalGauge: value = ((value + uniform() * 0.4 - 0.2).magnitude * 100).rounded() / 100
            case .bucket(let share):
                value += (Double(Int.random(in: 0..<400, using: &generator)) * share).rounded(.down)
            }
            return value
        }
    }
}

/// One series of a target.
struct Shape {
    var name: String
    var labels: [(String, String)]
    var movement: Movement

    /// The series with the labels every series of a target has.
    func labelSet(job: String, instance: String) -> LabelSet {
        LabelSet(
            ([(LabelSet.metricName, name), ("instance", instance), ("job", job)] + labels).map {
                Label(name: $0.0, value: $0.1)
            })
    }

    /// About a thousand series as one machine shows them: host, containers and an instrumented service.
    static func target(_ number: Int) -> [Shape] {
        var shapes: [Shape] = []
        func add(_ name: String, _ movement: Movement, _ labels: [(String, String)] = []) {
            shapes.append(Shape(name: name, labels: labels, movement: movement))
        }
        for mode in ["idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"] {
            for cpu in 0..<16 {
                add(
                    "node_cpu_seconds_total",
                    mode == "irq" || mode == "steal" ? .constant(0) : .decimalCounter(step: 100, rests: 0),
                    [("cpu", "\(cpu)"), ("mode", mode)])
            }
        }
        for device in 0..<8 {
            for name in ["receive_bytes", "transmit_bytes", "receive_packets", "transmit_packets"] {
                add(
                    "node_network_\(name)_total", .integerCounter(step: 4_000_000, rests: 0.05),
                    [("device", "eth\(device)")])
            }
            for name in ["io_time_seconds_total", "read_bytes_total", "written_bytes_total", "io_now"] {
                add("node_disk_\(name)", .integerCounter(step: 600, rests: 0.2), [("device", "nvme\(device)n1")])
            }
        }
        for volume in 0..<10 {
            let labels = [
                ("device", "/dev/mapper/vg0-lv\(volume)"), ("fstype", "ext4"), ("mountpoint", "/srv/data\(volume)"),
            ]
            add("node_filesystem_size_bytes", .constant(107_374_182_400), labels)
            add("node_filesystem_avail_bytes", .pages, labels)
            add("node_filesystem_free_bytes", .pages, labels)
        }
        for name in [
            "MemTotal", "MemFree", "MemAvailable", "Buffers", "Cached", "Active", "Inactive", "Slab", "Mapped", "Dirty",
        ] {
            add("node_memory_\(name)_bytes", .pages)
        }
        for handler in 0..<10 {
            for method in ["GET", "POST"] {
                let labels = [("handler", "/api/v1/resource\(handler)"), ("method", method)]
                for code in ["200", "404", "500", "503"] {
                    add(
                        "http_requests_total", .integerCounter(step: code == "200" ? 400 : 4, rests: 0.1),
                        labels + [("code", code)])
                }
                for (bound, share) in buckets {
                    add("http_request_duration_seconds_bucket", .bucket(share: share), labels + [("le", bound)])
                }
                add("http_request_duration_seconds_sum", .fullCounter(step: 40), labels)
                add("http_request_duration_seconds_count", .bucket(share: 1), labels)
            }
        }
        for container in 0..<36 {
            let labels = [
                ("id", "/docker/\(String(number * 7_919 + container * 104_729 + 1, radix: 16))c0ffee"),
                ("image", "registry.example/team\(container % 5)/service\(container % 20):1.\(container % 7)"),
                ("name", "service\(container % 20)-\(container / 20)"),
            ]
            add("container_cpu_usage_seconds_total", .fullCounter(step: 15), labels)
            add("container_memory_usage_bytes", .pages, labels)
            add("container_spec_memory_limit_bytes", .constant(536_870_912), labels)
            add("container_network_receive_bytes_total", .integerCounter(step: 2_000_000, rests: 0.1), labels)
        }
        for name in ["node_load1", "node_load5", "node_load15", "go_goroutines", "process_open_fds"] {
            add(name, .decimalGauge)
        }
        add("build_info", .constant(1), [("version", "4.2.1"), ("branch", "main")])
        for shard in 0..<max(0, 1_000 - shapes.count) {
            add("app_queue_depth", .decimalGauge, [("shard", "shard-\(shard)")])
        }
        return shapes
    }

    private static let buckets: [(String, Double)] = [
        ("0.005", 0.05), ("0.01", 0.12), ("0.025", 0.28), ("0.05", 0.5), ("0.1", 0.68), ("0.25", 0.85), ("0.5", 0.93),
        ("1", 0.97), ("2.5", 0.985), ("5", 0.994), ("10", 0.998), ("+Inf", 1),
    ]
}
