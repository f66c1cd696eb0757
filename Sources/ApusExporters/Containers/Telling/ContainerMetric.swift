import ApusModel

/// The metric families of containers.
///
/// Names, types, labels and help texts are cAdvisor's where it has the metric; the rest, from `state` on, is told by
/// Apus alone.
enum ContainerMetric: Int, CaseIterable {
    case processorTime
    case userTime
    case systemTime
    case periods
    case throttledPeriods
    case throttledTime
    case burstPeriods
    case burstTime

    case memory
    case workingSet
    case resident
    case cache
    case mappedFile
    case swap
    case kernelMemory
    case highestMemory
    case failureCount
    case memoryFailures
    case activeFile
    case inactiveFile
    case dirtyFile
    case writebackFile
    case scannedPages
    case reclaimedPages
    case fileRefaults
    case anonymousRefaults
    case highEvents
    case limitEvents
    case outOfMemory
    case hugePages
    case highestHugePages
    case hugePageFailures

    case processes
    case threads
    case maximumThreads
    case openFiles
    case openSockets
    case softLimits
    case tasks

    case receivedBytes
    case receivedPackets
    case receivedDrops
    case receivedErrors
    case transmittedBytes
    case transmittedPackets
    case transmittedDrops
    case transmittedErrors
    case tcp
    case tcp6
    case udp
    case udp6

    case readBytes
    case writtenBytes
    case reads
    case writes
    case deviceUsage
    case fileUsage
    case fileLimit
    case files
    case freeFiles

    case processorWaiting
    case processorStalled
    case memoryWaiting
    case memoryStalled
    case diskWaiting
    case diskStalled

    case processorPeriod
    case processorQuota
    case processorShares
    case memoryLimit
    case swapLimit
    case memoryReservation
    case startTime
    case creationTime
    case lastSeen
    case healthState
    case scrapeError

    case state
    case healthStatus
    case restarts
    case exitCode
    case outOfMemoryKilled
    case info
    case imageSize
    case imageCreationTime
    case events

    /// The type, name and help text.
    var definition: (type: MetricType, name: String, help: String) {
        switch self {
        case .processorTime: (.counter, "container_cpu_usage_seconds_total", "Cumulative cpu time consumed in seconds.")
        case .userTime: (.counter, "container_cpu_user_seconds_total", "Cumulative user cpu time consumed in seconds.")
        case .systemTime:
            (.counter, "container_cpu_system_seconds_total", "Cumulative system cpu time consumed in seconds.")
        case .periods: (.counter, "container_cpu_cfs_periods_total", "Number of elapsed enforcement period intervals.")
        case .throttledPeriods:
            (.counter, "container_cpu_cfs_throttled_periods_total", "Number of throttled period intervals.")
        case .throttledTime:
            (
                .counter, "container_cpu_cfs_throttled_seconds_total",
                "Total time duration the container has been throttled."
            )
        case .burstPeriods: (.counter, "container_cpu_cfs_burst_periods_total", "Number of periods when burst occurs.")
        case .burstTime:
            (.counter, "container_cpu_cfs_burst_seconds_total", "Total time duration the container has been bursted.")
        case .memory:
            (
                .gauge, "container_memory_usage_bytes",
                "Current memory usage in bytes, including all memory regardless of when it was accessed"
            )
        case .workingSet: (.gauge, "container_memory_working_set_bytes", "Current working set in bytes.")
        case .resident: (.gauge, "container_memory_rss", "Size of RSS in bytes.")
        case .cache: (.gauge, "container_memory_cache", "Number of bytes of page cache memory.")
        case .mappedFile: (.gauge, "container_memory_mapped_file", "Size of memory mapped files in bytes.")
        case .swap: (.gauge, "container_memory_swap", "Container swap usage in bytes.")
        case .kernelMemory: (.gauge, "container_memory_kernel_usage", "Size of kernel memory allocated in bytes.")
        case .highestMemory: (.gauge, "container_memory_max_usage_bytes", "Maximum memory usage recorded in bytes")
        case .failureCount: (.counter, "container_memory_failcnt", "Number of memory usage hits limits")
        case .memoryFailures:
            (.counter, "container_memory_failures_total", "Cumulative count of memory allocation failures.")
        case .activeFile: (.gauge, "container_memory_total_active_file_bytes", "Current total active file in bytes.")
        case .inactiveFile:
            (.gauge, "container_memory_total_inactive_file_bytes", "Current total inactive file in bytes.")
        case .dirtyFile:
            (
                .gauge, "container_memory_file_dirty_bytes",
                "Number of bytes of file cache that has been modified but not yet written back to disk."
            )
        case .writebackFile:
            (
                .gauge, "container_memory_file_writeback_bytes",
                "Number of bytes of file cache that is currently being written back to disk."
            )
        case .scannedPages:
            (
                .counter, "container_memory_pgscan_total",
                "Cumulative number of pages scanned by the page reclaim algorithm."
            )
        case .reclaimedPages:
            (
                .counter, "container_memory_pgsteal_total",
                "Cumulative number of pages reclaimed by the page reclaim algorithm."
            )
        case .fileRefaults:
            (
                .counter, "container_memory_workingset_refault_file_total",
                "Cumulative number of refaults of previously evicted file pages."
            )
        case .anonymousRefaults:
            (
                .counter, "container_memory_workingset_refault_anon_total",
                "Cumulative number of refaults of previously evicted anonymous pages."
            )
        case .highEvents:
            (
                .counter, "container_memory_events_high_total",
                "Cumulative count of memory.high throttle events for the container"
            )
        case .limitEvents:
            (
                .counter, "container_memory_events_max_total",
                "Cumulative count of memory.max limit hit events for the container"
            )
        case .outOfMemory:
            (.counter, "container_oom_events_total", "Count of out of memory events observed for the container")
        case .hugePages: (.gauge, "container_hugetlb_usage_bytes", "Current hugepage usage in bytes")
        case .highestHugePages:
            (.gauge, "container_hugetlb_max_usage_bytes", "Maximum hugepage usage recorded in bytes")
        case .hugePageFailures: (.counter, "container_hugetlb_failcnt", "Number of hugepage usage hits limits")
        case .processes: (.gauge, "container_processes", "Number of processes running inside the container.")
        case .threads: (.gauge, "container_threads", "Number of threads running inside the container")
        case .maximumThreads:
            (
                .gauge, "container_threads_max",
                "Maximum number of threads allowed inside the container, infinity if value is zero"
            )
        case .openFiles: (.gauge, "container_file_descriptors", "Number of open file descriptors for the container.")
        case .openSockets: (.gauge, "container_sockets", "Number of open sockets for the container.")
        case .softLimits:
            (
                .gauge, "container_ulimits_soft",
                "Soft ulimit values for the container root process. Unlimited if -1, except priority and "
                    + "nice"
            )
        case .tasks: (.gauge, "container_tasks_state", "Number of tasks in given state")
        case .receivedBytes: (.counter, "container_network_receive_bytes_total", "Cumulative count of bytes received")
        case .receivedPackets:
            (.counter, "container_network_receive_packets_total", "Cumulative count of packets received")
        case .receivedDrops:
            (
                .counter, "container_network_receive_packets_dropped_total",
                "Cumulative count of packets dropped while receiving"
            )
        case .receivedErrors:
            (
                .counter, "container_network_receive_errors_total",
                "Cumulative count of errors encountered while receiving"
            )
        case .transmittedBytes:
            (.counter, "container_network_transmit_bytes_total", "Cumulative count of bytes transmitted")
        case .transmittedPackets:
            (.counter, "container_network_transmit_packets_total", "Cumulative count of packets transmitted")
        case .transmittedDrops:
            (
                .counter, "container_network_transmit_packets_dropped_total",
                "Cumulative count of packets dropped while transmitting"
            )
        case .transmittedErrors:
            (
                .counter, "container_network_transmit_errors_total",
                "Cumulative count of errors encountered while transmitting"
            )
        case .tcp: (.gauge, "container_network_tcp_usage_total", "tcp connection usage statistic for container")
        case .tcp6: (.gauge, "container_network_tcp6_usage_total", "tcp6 connection usage statistic for container")
        case .udp: (.gauge, "container_network_udp_usage_total", "udp connection usage statistic for container")
        case .udp6: (.gauge, "container_network_udp6_usage_total", "udp6 connection usage statistic for container")
        case .readBytes: (.counter, "container_fs_reads_bytes_total", "Cumulative count of bytes read")
        case .writtenBytes: (.counter, "container_fs_writes_bytes_total", "Cumulative count of bytes written")
        case .reads: (.counter, "container_fs_reads_total", "Cumulative count of reads completed")
        case .writes: (.counter, "container_fs_writes_total", "Cumulative count of writes completed")
        case .deviceUsage: (.counter, "container_blkio_device_usage_total", "Blkio Device bytes usage")
        case .fileUsage:
            (
                .gauge, "container_fs_usage_bytes",
                "Number of bytes that are consumed by the container on this filesystem."
            )
        case .fileLimit:
            (
                .gauge, "container_fs_limit_bytes",
                "Number of bytes that can be consumed by the container on this filesystem."
            )
        case .files: (.gauge, "container_fs_inodes_total", "Number of Inodes")
        case .freeFiles: (.gauge, "container_fs_inodes_free", "Number of available Inodes")
        case .processorWaiting:
            (
                .counter, "container_pressure_cpu_waiting_seconds_total",
                "Total time duration tasks in the container have waited due to CPU congestion."
            )
        case .processorStalled:
            (
                .counter, "container_pressure_cpu_stalled_seconds_total",
                "Total time duration no tasks in the container could make progress due to CPU congestion."
            )
        case .memoryWaiting:
            (
                .counter, "container_pressure_memory_waiting_seconds_total",
                "Total time duration tasks in the container have waited due to memory congestion."
            )
        case .memoryStalled:
            (
                .counter, "container_pressure_memory_stalled_seconds_total",
                "Total time duration no tasks in the container could make progress due to memory "
                    + "congestion."
            )
        case .diskWaiting:
            (
                .counter, "container_pressure_io_waiting_seconds_total",
                "Total time duration tasks in the container have waited due to IO congestion."
            )
        case .diskStalled:
            (
                .counter, "container_pressure_io_stalled_seconds_total",
                "Total time duration no tasks in the container could make progress due to IO congestion."
            )
        case .processorPeriod: (.gauge, "container_spec_cpu_period", "CPU period of the container.")
        case .processorQuota: (.gauge, "container_spec_cpu_quota", "CPU quota of the container.")
        case .processorShares: (.gauge, "container_spec_cpu_shares", "CPU share of the container.")
        case .memoryLimit: (.gauge, "container_spec_memory_limit_bytes", "Memory limit for the container.")
        case .swapLimit: (.gauge, "container_spec_memory_swap_limit_bytes", "Memory swap limit for the container.")
        case .memoryReservation:
            (.gauge, "container_spec_memory_reservation_limit_bytes", "Memory reservation limit for the container.")
        case .startTime:
            (.gauge, "container_start_time_seconds", "Start time of the container since unix epoch in seconds.")
        case .creationTime:
            (.gauge, "container_creation_time_seconds", "Container creation time since unix epoch in seconds.")
        case .lastSeen: (.gauge, "container_last_seen", "Last time a container was seen by the exporter")
        case .healthState: (.gauge, "container_health_state", "The result of the container's health check")
        case .scrapeError:
            (.gauge, "container_scrape_error", "1 if there was an error while getting container metrics, 0 otherwise")
        case .state: (.gauge, "container_state", "The container's state as its engine tells: 1 for the one it is in.")
        case .healthStatus:
            (
                .gauge, "container_health_status",
                "The result of the container's health check: 1 for the one it has; absent without a check."
            )
        case .restarts:
            (
                .counter, "container_restarts_total",
                "Times that the engine started the container again by its restart policy."
            )
        case .exitCode:
            (.gauge, "container_exit_code", "The code with which the container ended last; absent while it runs.")
        case .outOfMemoryKilled:
            (.gauge, "container_oom_killed", "Whether the container ended last because there was no memory.")
        case .info: (.gauge, "container_info", "What does not change while the container lives, as labels; always 1.")
        case .imageSize: (.gauge, "container_image_size_bytes", "Size of the container's image.")
        case .imageCreationTime:
            (
                .gauge, "container_image_created_seconds",
                "When the container's image was made, in seconds since the epoch."
            )
        case .events:
            (
                .counter, "container_events_total",
                "Times that something happened to the container, since the exporter was started; kept when "
                    + "the container is made anew."
            )
        }
    }
}

extension MetricSamples {
    /// Samples of containers: each family is at the place that is its case's number.
    static func ofContainers() -> MetricSamples {
        var samples = MetricSamples()
        for metric in ContainerMetric.allCases {
            let (type, name, help) = metric.definition
            _ = samples.family(type, name, help)
        }
        return samples
    }

    /// Appends a sample of a family of containers.
    mutating func append(
        _ value: Double, _ labels: [UInt8], extra: [UInt8] = [], to metric: ContainerMetric
    ) {
        append(value, labels, extra: extra, to: metric.rawValue)
    }

    /// Appends a sample of a family of containers where there is a value.
    mutating func append(
        _ value: UInt64?, _ labels: [UInt8], extra: [UInt8] = [], to metric: ContainerMetric
    ) {
        if let value { append(Double(value), labels, extra: extra, to: metric.rawValue) }
    }
}
