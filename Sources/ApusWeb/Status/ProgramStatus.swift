/// What the program is.
package struct BuildInformation: Sendable {
    /// The version, such as `0.1.0`.
    package var version: String
    /// The commit it was built from.
    package var revision: String
    /// The branch it was built from.
    package var branch: String
    /// Who built it.
    package var buildUser: String
    /// When it was built.
    package var buildDate: String
    /// The compiler, in the field in which the peers name theirs.
    package var compiler: String

    /// Build information; what is not known stays empty.
    package init(
        version: String,
        revision: String = "",
        branch: String = "",
        buildUser: String = "",
        buildDate: String = "",
        compiler: String = ""
    ) {
        self.version = version
        self.revision = revision
        self.branch = branch
        self.buildUser = buildUser
        self.buildDate = buildDate
        self.compiler = compiler
    }
}

/// How the running program is.
package struct RuntimeStatus: Sendable {
    /// When it started, in milliseconds since the epoch.
    package var startTime: Int64
    /// Its working folder.
    package var workingFolder: String
    /// The machine's name.
    package var hostname: String
    /// Whether the last reading of the configuration succeeded.
    package var lastReloadSucceeded: Bool
    /// When the configuration was last read successfully, in milliseconds since the epoch.
    package var lastConfigurationTime: Int64
    /// How many damaged places in stored data were found since the start.
    package var corruptionCount: Int
    /// How many threads the process has, in the field in which the peers count goroutines.
    package var threadCount: Int
    /// How many processors the program may use.
    package var processorCount: Int
    /// How long samples are kept, as text.
    package var retention: String

    /// A status with the given parts.
    package init(
        startTime: Int64,
        workingFolder: String,
        hostname: String,
        lastReloadSucceeded: Bool,
        lastConfigurationTime: Int64,
        corruptionCount: Int,
        threadCount: Int,
        processorCount: Int,
        retention: String
    ) {
        self.startTime = startTime
        self.workingFolder = workingFolder
        self.hostname = hostname
        self.lastReloadSucceeded = lastReloadSucceeded
        self.lastConfigurationTime = lastConfigurationTime
        self.corruptionCount = corruptionCount
        self.threadCount = threadCount
        self.processorCount = processorCount
        self.retention = retention
    }
}
