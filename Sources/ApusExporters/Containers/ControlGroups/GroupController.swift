/// A controller of version 1 of control groups, with a hierarchy of its own.
enum GroupController: Int, CaseIterable {
    case cpu
    case cpuacct
    case memory
    case pids
    case blkio
    case hugetlb

    /// The name in /proc/PID/cgroup, and of the folder under the mount.
    var name: StaticString {
        switch self {
        case .cpu: "cpu"
        case .cpuacct: "cpuacct"
        case .memory: "memory"
        case .pids: "pids"
        case .blkio: "blkio"
        case .hugetlb: "hugetlb"
        }
    }
}
