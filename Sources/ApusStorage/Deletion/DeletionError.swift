package import ApusModel

/// Why samples could not be deleted, or the space of deleted ones not be given back.
package enum DeletionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was to be deleted could not be found out; nothing was deleted.
    case unselectable(QueryableError)
    /// The deletion could not be made durable everywhere; some of it may hold.
    case notDurable(String)
    /// A block could not be written anew; its deleted samples stay invisible.
    case notCleaned(String)
    /// The store is closed or closing.
    case closed

    package var description: String {
        switch self {
        case .unselectable(let error): error.description
        case .notDurable(let text): "\(text); some of the samples may be deleted: delete again"
        case .notCleaned(let text): "\(text); deleted samples stay invisible, their space is given back later"
        case .closed: "the store is closed"
        }
    }
}
