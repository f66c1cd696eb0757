package import ApusModel
import Synchronization

extension Storage {
    /// Keeps what metric families say of themselves, the newest of each, so that it survives the end of the process.
    ///
    /// What cannot be written is kept in memory, reported, and written with the next that comes.
    package func remember(_ metadata: [(family: String, metadata: MetricMetadata)]) {
        guard !metadata.isEmpty else { return }
        let failure: FileError? = self.metadata.withLock { file in
            do throws(FileError) {
                try file.remember(metadata)
                return nil
            } catch {
                return error
            }
        }
        guard let failure else { return }
        counters.metadataFailures.add(1, ordering: .relaxed)
        report(.failed(operation: "writing metadata", reason: failure.description))
    }

    /// What a metric family said of itself last.
    package func metadata(of family: String) -> MetricMetadata? {
        metadata.withLock { $0.table[family] }
    }

    /// What all metric families said of themselves last.
    package var allMetadata: [(family: String, metadata: MetricMetadata)] {
        let table = metadata.withLock { $0.table }
        return table.families
    }

    /// Makes what was appended to the file of metadata durable.
    func synchronizeMetadata() {
        guard let file = metadata.withLock({ $0.takeUnsynced() }) else { return }
        do throws(FileError) { try file.synchronize() } catch {
            counters.metadataFailures.add(1, ordering: .relaxed)
            report(.failed(operation: "syncing metadata", reason: error.description))
        }
    }
}
