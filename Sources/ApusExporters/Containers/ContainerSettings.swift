/// How containers are told of.
package struct ContainerSettings: Sendable {
    /// Containers that are told of; of those beyond only the number is.
    package var maximumContainers = 2_000
    /// Different names of `container_label_…`; those beyond, in the order of the alphabet, are left out.
    package var maximumLabelNames = 64
    /// Bytes of a label's value; a longer one is cut.
    package var maximumLabelValue = 512
    /// The labels of containers that become labels of series, by their own names; all where it is empty.
    package var allowedLabels: Set<String> = []
    /// The labels of containers that do not.
    package var deniedLabels: Set<String> = []
    /// Whether a label that only other containers have is written as empty, as cAdvisor does; a store knows no difference.
    package var writesEmptyLabels = true
    /// Whether the processor time is told for each processor where that is known, and not as one series `total`.
    package var tellsProcessors = false
    /// Milliseconds between two measurements of the containers' own files by the engine, which takes long; 0 for none.
    package var sizeInterval: Int64 = 0

    /// The defaults.
    package init() {}
}
