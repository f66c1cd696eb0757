package import ApusModel
package import ApusStorage

/// What an operator can have done to the stored data.
///
/// Calls block, some of them for minutes, and come one at a time.
package protocol StorageAdministration: Sendable {
    /// Deletes the samples between two times, both included, of the series that any of the `selectors` selects.
    func delete(matching selectors: [[Matcher]], from start: Int64, through end: Int64) throws(DeletionError)

    /// Gives back the space of deleted samples.
    func cleanTombstones() throws(DeletionError)

    /// Makes a copy of what is stored and gives its name.
    func makeSnapshot(skippingHead: Bool) throws(SnapshotError) -> String
}

extension Storage: StorageAdministration {}
