import ApusBytes
import Glibc

/// A whole file mapped for reading; unmapped when the last reference goes away.
///
/// A page that the disk does not give, or that another program cut off, reads as zeros; `hasFailed` tells.
@safe
package final class MappedFile: @unchecked Sendable {
    // Sendable: the pointer and the length never change, and the pages are only read.
    /// The path that was mapped.
    package let path: String
    private let start: UnsafeRawPointer?
    private let length: Int
    private let watch: MappingWatch?

    /// Maps the file at `path`.
    package init(_ path: String) throws(FileError) {
        self.path = path
        let file = try SystemFile(reading: path)
        length = try file.length()
        guard length > 0 else {
            unsafe start = nil
            watch = nil
            return
        }
        let mapped = unsafe mmap(nil, length, PROT_READ, MAP_PRIVATE, file.descriptor, 0)
        guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { throw FileError("mmap", path) }
        unsafe start = UnsafeRawPointer(mapped)
        watch = unsafe MappingWatch(start: UnsafeRawPointer(mapped), length: length)
    }

    deinit {
        watch?.end()
        if let start = unsafe start { unsafe munmap(UnsafeMutableRawPointer(mutating: start), length) }
    }

    /// The number of bytes.
    package var count: Int { length }

    /// Whether a part of the file could not be read since it was mapped.
    package var hasFailed: Bool { watch?.hasFailed ?? false }

    /// The bytes, as long as this file is referenced.
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            unsafe bytes(ownedBy: self)
        }
    }

    /// The bytes, as long as `owner` lives, which must keep this file referenced.
    @unsafe
    @_lifetime(borrow owner)
    func bytes<Owner: AnyObject>(ownedBy owner: borrowing Owner) -> RawSpan {
        let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: start, count: length))
        return unsafe _overrideLifetime(span, borrowing: owner)
    }
}
