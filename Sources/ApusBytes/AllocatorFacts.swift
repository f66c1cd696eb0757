import CApusBytes

/// What the C library's allocator holds, in bytes; zero where it does not tell.
package struct AllocatorFacts: Sendable {
    /// Taken from the system for small blocks.
    package let reserved: UInt64
    /// Of these, in use.
    package let used: UInt64
    /// Large blocks, which are mapped one by one.
    package let mapped: UInt64

    /// The facts as they are now; takes the locks of the allocator's arenas for some microseconds.
    package static func current() -> AllocatorFacts {
        let facts = apus_allocator_read()
        return AllocatorFacts(reserved: facts.reserved, used: facts.used, mapped: facts.mapped)
    }
}
