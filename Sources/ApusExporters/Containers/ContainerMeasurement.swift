/// What one scrape found out.
struct ContainerMeasurement: Sendable {
    /// A container that runs, or a group that looks like one.
    struct Container: Sendable {
        /// The container's id.
        let id: String
        /// What the engine knows of it; `nil` where no engine does.
        let entry: ContainerDirectory.Entry?
        /// The path of its control group; `nil` where that is not to be seen.
        let path: String?
        var usage: ContainerUsage
        /// When its first process began, in seconds since the epoch, where no engine tells.
        var startTime: Double?
    }

    var containers: [Container] = []
    /// Containers that run but whose groups are not to be seen.
    var unseen: [ContainerDirectory.Entry] = []
    /// What the whole machine uses.
    var machine = ContainerUsage()
    var memory: MachineMemory?
    var fileSystems: [MachineFileSystem] = []
    /// Something that could not be read, though it is there.
    var failure: ExporterError?
    /// Containers of which neither groups nor the engine tell what they use.
    var unmeasuredCount = 0
    /// Containers beyond the limit.
    var leftOutCount = 0
}
