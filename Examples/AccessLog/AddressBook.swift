import Synchronization

/// The addresses from which there were accesses since the start.
final class AddressBook: Sendable {
    /// No more addresses are told apart than this, so that memory ends somewhere.
    static let capacity = 100_000
    /// More bytes than an address with its port has.
    static let longestAddress = 100

    private let addresses = Mutex<Set<String>>([])

    /// The number of different addresses.
    var count: Int { addresses.withLock { $0.count } }

    /// Notes an access.
    func note(_ address: String) {
        addresses.withLock { addresses in
            if addresses.count < Self.capacity { addresses.insert(address) }
        }
    }
}
