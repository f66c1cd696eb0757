/// What is told of containers only where it is asked for, since it costs more than the rest.
///
/// The words are cAdvisor's names for groups of metrics.
package enum ContainerDetail: String, Sendable, CaseIterable {
    /// Processor time for each processor, where the control group tells it, in place of one series `total`.
    case processors = "percpu"
    /// Open files and sockets of each process, and the limit of open files.
    case processes = "process"
    /// Numbers of processes by state.
    case tasks = "cpuLoad"
    /// TCP connections by state.
    case tcp
    /// UDP sockets and their queues.
    case udp
    /// Pages of unusual size.
    case hugePages = "hugetlb"
}
