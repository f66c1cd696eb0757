/// How containers are told of.
package struct ContainerSettings: Sendable {
    /// Labels that say how Compose made a container: they change with each deployment, are long, and tell nobody
    /// anything.
    package static let labelsOfDeployment: Set<String> = [
        "com.docker.compose.config-hash", "com.docker.compose.depends_on",
        "com.docker.compose.project.config_files", "com.docker.compose.project.environment_file",
        "com.docker.compose.project.working_dir", "com.docker.compose.replace",
    ]

    /// Where control groups are mounted; under the host's /sys where it is `nil`.
    package var cgroupMount: String?
    /// What is told beyond the usual.
    package var details: Set<ContainerDetail> = []
    /// Containers that are told of; of those beyond only the number is.
    package var maximumContainers = 2_000
    /// Different names of `container_label_…`; those beyond, in the order of the alphabet, are left out.
    package var maximumLabelNames = 64
    /// Bytes of a label's value; a longer one is cut.
    package var maximumLabelValue = 512
    /// The labels of containers that become labels of series, by their own names; all where it is empty.
    package var allowedLabels: Set<String> = []
    /// The labels of containers that do not.
    package var deniedLabels: Set<String> = ContainerSettings.labelsOfDeployment
    /// Whether a label that only other containers have is written as empty, as cAdvisor does; a store knows no
    /// difference.
    package var writesEmptyLabels = true
    /// Processes of one container that are looked at for `details`.
    package var maximumProcesses = 1_024
    /// Control groups that are looked through for those of containers.
    package var maximumGroups = 20_000
    /// Milliseconds between two searches through all control groups while the engine tells where its containers are.
    package var searchInterval: Int64 = 60_000
    /// Milliseconds for which limits are taken as they were read last, unless the engine tells of a change.
    package var limitsInterval: Int64 = 60_000
    /// Milliseconds that a scrape waits for the engine's own measurements where control groups are not to be seen.
    package var statisticsTimeout: Int64 = 5_000
    /// Measurements that the engine is asked for at one time.
    package var statisticsParallelism = 64
    /// Milliseconds between two measurements of the containers' own files by the engine, which takes long; 0 for none.
    package var sizeInterval: Int64 = 0

    /// The defaults.
    package init() {}
}
