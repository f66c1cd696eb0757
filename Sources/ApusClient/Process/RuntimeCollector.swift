import ApusBytes
import Glibc

/// Facts of the Swift runtime: its version, and the memory that the allocator holds.
///
/// ```swift
/// try registry.register(RuntimeCollector())
/// ```
///
/// The number of threads is among the metrics of `ProcessCollector`.
public struct RuntimeCollector: Collector {
    private static let info = MetricDescriptor(
        .info, "swift_info", help: "The Swift that the program was compiled with, and for what.",
        labelNames: ["version", "platform", "architecture"])
    private static let reserved = MetricDescriptor(
        .gauge, "malloc_reserved_bytes", help: "Memory that the allocator has taken from the system.")
    private static let used = MetricDescriptor(
        .gauge, "malloc_used_bytes", help: "Memory of the allocator that the program uses.")
    private static let mapped = MetricDescriptor(
        .gauge, "malloc_mapped_bytes", help: "Memory of large blocks that the allocator has mapped one by one.")
    private static let processors = MetricDescriptor(
        .gauge, "swift_processors", help: "Processors of the machine; as many tasks run at once.")

    /// The families, none of which has more than one series.
    public var families: [MetricDescriptor] {
        [Self.info, Self.reserved, Self.used, Self.mapped, Self.processors]
    }

    /// A collector of the process in which it runs.
    public init() {}

    /// Asks the allocator and appends one value per family.
    public func collect(into samples: inout CollectedSamples) throws(MetricError) {
        try samples.append(1, labels: [Self.version, Self.platform, Self.architecture], to: Self.info)
        let memory = AllocatorFacts.current()
        try samples.append(Double(memory.reserved), to: Self.reserved)
        try samples.append(Double(memory.used), to: Self.used)
        try samples.append(Double(memory.mapped), to: Self.mapped)
        try samples.append(Double(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))), to: Self.processors)
    }

    /// To the minor version, which is what the compiler tells a program.
    private static var version: String {
        #if compiler(>=6.5)
            "6.5 or newer"
        #elseif compiler(>=6.4)
            "6.4"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    private static var platform: String {
        #if os(Linux)
            "linux"
        #else
            "other"
        #endif
    }

    private static var architecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "arm64"
        #else
            "other"
        #endif
    }
}
