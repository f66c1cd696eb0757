import ApusBytes
import ApusModel
import Glibc
import Synchronization

/// A file of sealed chunks, mapped for reading; unmapped when the last reference goes away.
///
/// What was written stays as it is; more is written behind it by one writer.
@safe
final class ChunkFile: @unchecked Sendable {
    // Sendable: pointer and capacity never change, and the bytes below `length` are only read.
    let number: UInt32
    let path: String
    private let start: UnsafeRawPointer
    private let capacity: Int
    /// A page that cannot be read gives zeros, whose checksum is wrong.
    private let watch: MappingWatch
    /// How many bytes may be read.
    private let readable: Atomic<Int>
    /// The time of the newest sample that was written since the file was opened, or that is known of it.
    private let newestTime = Atomic<Int64>(.min)
    private let chunks = Atomic<Int>(0)

    /// Makes a new file, or maps an existing one that is only read from now on.
    ///
    /// - Parameter length: the bytes of an existing file; `nil` for a new one.
    init(number: UInt32, path: String, file: SystemFile, length: Int?) throws(FileError) {
        self.number = number
        self.path = path
        // A mapping may reach beyond the end: only what was written is ever read.
        capacity = max(ChunkFormat.headerLength, length ?? ChunkFormat.maximumFileLength)
        readable = Atomic(length ?? 0)
        let mapped = unsafe mmap(nil, capacity, PROT_READ, MAP_SHARED, file.descriptor, 0)
        guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else { throw FileError("mmap", path) }
        unsafe start = UnsafeRawPointer(mapped)
        watch = unsafe MappingWatch(start: UnsafeRawPointer(mapped), length: capacity)
    }

    deinit {
        watch.end()
        unsafe munmap(UnsafeMutableRawPointer(mutating: start), capacity)
    }

    /// What a checkpoint says of a file.
    struct Facts: Sendable {
        var number: UInt32
        var length: Int
        var chunkCount: Int
        /// The time of its newest sample.
        var maximumTime: Int64
    }

    /// What is known of the file at this moment.
    var facts: Facts {
        Facts(number: number, length: length, chunkCount: chunkCount, maximumTime: maximumTime)
    }

    /// The number of bytes that can be read.
    var length: Int { readable.load(ordering: .acquiring) }

    /// The time of the newest sample that is known to be in the file.
    var maximumTime: Int64 { newestTime.load(ordering: .relaxed) }

    /// The number of chunks that are known to be in the file.
    var chunkCount: Int { chunks.load(ordering: .relaxed) }

    /// Allows bytes to be read that were written.
    func extend(to length: Int, maximumTime: Int64, chunkCount: Int) {
        note(maximumTime: maximumTime, chunkCount: chunkCount)
        readable.store(min(length, capacity), ordering: .releasing)
    }

    /// Remembers that so many more chunks with samples up to a time are in the file.
    func note(maximumTime: Int64, chunkCount: Int) {
        newestTime.max(maximumTime, ordering: .relaxed)
        chunks.add(chunkCount, ordering: .relaxed)
    }

    /// The bytes that can be read, as long as this file is referenced.
    var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: start, count: length))
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }
}

/// The chunk files of the head, ascending; a value that readers keep while they read.
struct ChunkFiles: Sendable {
    private(set) var files: [ChunkFile] = []
    /// What is known of files that should be there and are not, or cannot be read, by their numbers.
    private(set) var lost: [UInt32: ChunkFile.Facts] = [:]

    /// The chunks of all files.
    var chunkCount: Int { files.reduce(0) { $0 + $1.chunkCount } }

    /// The file with a number.
    func file(_ number: UInt32) -> ChunkFile? {
        // Most of what is asked for is new.
        files.last { $0.number == number }
    }

    /// Adds a file, whose number is above all others.
    mutating func append(_ file: ChunkFile) {
        files.append(file)
    }

    /// Notes a file that cannot be read, until its samples are too old anyway.
    mutating func noteLost(_ file: ChunkFile.Facts) {
        lost[file.number] = file
    }

    /// What is known of all files, the lost ones too, ascending.
    var facts: [ChunkFile.Facts] {
        (files.map(\.facts) + lost.values).sorted { $0.number < $1.number }
    }

    /// Removes files whose newest sample is older than `time`, but never the one that is written to, and gives their paths.
    mutating func removeFiles(before time: Int64, except current: UInt32?) -> [String] {
        lost = lost.filter { $0.value.maximumTime >= time }
        let old = files.filter { $0.maximumTime < time && $0.number != current }
        files.removeAll { file in old.contains { $0 === file } }
        return old.map(\.path)
    }
}
