import CApusBytes

/// Keeps a page of a mapped file that cannot be read from ending the process: it reads as zeros, and `hasFailed` tells.
///
/// The disk may not give a page any more, or another program may have cut the file. Whoever reads must look at `hasFailed` or at a checksum
/// before believing what was read. Up to 8,192 mappings are watched; beyond that they are as any other.
package struct MappingWatch: Sendable {
    private let number: Int32

    /// Watches a mapping from now on.
    @unsafe
    package init(start: UnsafeRawPointer, length: Int) {
        number = unsafe apus_mapping_watch(start, length)
    }

    /// Whether a page could not be read.
    package var hasFailed: Bool { apus_mapping_failed(number) != 0 }

    /// Ends the watch; must come before the file is unmapped.
    package func end() {
        apus_mapping_unwatch(number)
    }
}
