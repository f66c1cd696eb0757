import Glibc

/// Reads the small text files of the kernel, each with one open, read and close, into one buffer.
struct FileReader: ~Copyable {
    private static let firstCapacity = 16 << 10
    /// What is larger is cut; no file of interest comes near.
    private static let largestFile = 8 << 20
    /// A file of one value is read in one go.
    private static let valueLength = 1_024
    /// A shorter part is the last: the kernel fills pages with whole records, of which none of interest is as long.
    private static let shortestPart = 2_048

    private var buffer = [UInt8](repeating: 0, count: FileReader.firstCapacity)
    private var count = 0
    private var path: [UInt8] = []
    /// The folder that was entered, and its handle.
    private var folder: FolderPath?
    private var handle: Int32 = -1
    /// Where the name begins in `path` of a file in the entered folder; 0 for other files.
    private var nameStart = 0
    /// Whether the text is the whole of the file at `path`, and may be used again.
    private var isReusable = false

    init() {}

    deinit {
        if handle >= 0 { close(handle) }
    }

    /// Finds files of a folder faster from now on, until another is entered or `leave()`: the way to it is gone once.
    ///
    /// - Returns: whether it is a folder that may be entered.
    @discardableResult
    mutating func enter(_ folder: FolderPath) -> Bool {
        leave()
        var path = folder.bytes
        path.append(0)
        handle = unsafe path.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return -1 }
            return unsafe open(start.assumingMemoryBound(to: CChar.self), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        // Where it cannot be entered its files are found by their paths, or are not there.
        if handle >= 0 { self.folder = folder }
        return handle >= 0
    }

    /// Gives up the folder that was entered.
    mutating func leave() {
        if handle >= 0 { close(handle) }
        handle = -1
        folder = nil
    }

    /// The content of the file that was loaded last.
    var text: Span<UInt8> {
        @_lifetime(borrow self)
        get { buffer.span.extracting(0..<count) }
    }

    /// Loads a file of a folder.
    mutating func load(_ folder: FolderPath, _ name: StaticString) throws(ExporterError) {
        setPath(folder)
        name.withUTF8Buffer { unsafe path.append(contentsOf: $0) }
        try load(isValue: false)
    }

    /// Loads a file of a folder.
    mutating func load(_ folder: FolderPath, name: String) throws(ExporterError) {
        setPath(folder)
        path.append(contentsOf: name.utf8)
        try load(isValue: false)
    }

    /// Loads a file of a folder; whether it is there.
    mutating func loadIfPresent(_ folder: FolderPath, _ name: StaticString) throws(ExporterError) -> Bool {
        do throws(ExporterError) {
            try load(folder, name)
            return true
        } catch {
            if error.isAbsence { return false }
            throw error
        }
    }

    /// Loads a file of a folder; whether it is there.
    mutating func loadIfPresent(_ folder: FolderPath, name: String) throws(ExporterError) -> Bool {
        do throws(ExporterError) {
            try load(folder, name: name)
            return true
        } catch {
            if error.isAbsence { return false }
            throw error
        }
    }

    /// Loads a file of a folder, unless it was the last that was loaded, in this way too, since `forgetText()`.
    mutating func loadOnce(_ folder: FolderPath, _ name: StaticString) throws(ExporterError) {
        var wanted = folder.bytes
        name.withUTF8Buffer { unsafe wanted.append(contentsOf: $0) }
        wanted.append(0)
        if isReusable, wanted == path { return }
        try load(folder, name)
        isReusable = true
    }

    /// Has every file loaded again.
    mutating func forgetText() { isReusable = false }

    /// The whole number in a file of one value, decimal or hexadecimal after `0x`; `UInt64.max` where it says `max` or
    /// is negative, `nil` where there is no file.
    mutating func value(_ folder: FolderPath, _ name: StaticString) throws(ExporterError) -> UInt64? {
        setPath(folder)
        name.withUTF8Buffer { unsafe path.append(contentsOf: $0) }
        return try loadedValue()
    }

    /// The same for a name that is made.
    mutating func value(_ folder: FolderPath, name: String) throws(ExporterError) -> UInt64? {
        setPath(folder)
        path.append(contentsOf: name.utf8)
        return try loadedValue()
    }

    /// The first line of a file, without blanks around it; `nil` where there is no file.
    mutating func line(_ folder: FolderPath, name: String) throws(ExporterError) -> String? {
        setPath(folder)
        path.append(contentsOf: name.utf8)
        do throws(ExporterError) {
            try load(isValue: true)
        } catch {
            if error.isAbsence { return nil }
            throw error
        }
        var cursor = FieldCursor(text)
        guard cursor.nextLine() else { return "" }
        return cursor.restOfLine()
    }

    /// The path of the file that was loaded last.
    var lastPath: String { String(decoding: path.prefix { $0 != 0 }, as: UTF8.self) }

    private mutating func setPath(_ folder: FolderPath) {
        path.removeAll(keepingCapacity: true)
        path.append(contentsOf: folder.bytes)
        nameStart = self.folder == folder ? path.count : 0
    }

    private mutating func loadedValue() throws(ExporterError) -> UInt64? {
        do throws(ExporterError) {
            try load(isValue: true)
        } catch {
            if error.isAbsence { return nil }
            throw error
        }
        var cursor = FieldCursor(text)
        guard cursor.nextLine(), let field = cursor.nextField() else { return nil }
        if let value = cursor.integer(field) { return value }
        if cursor.hasPrefix(field, "0x") { return cursor.integer(field.dropFirst(2), radix: 16) }
        // A limit that is not set is "max" in one version of control groups and -1 in the other.
        if cursor.isField(field, "max") || cursor.isNegative(field) { return .max }
        return nil
    }

    private mutating func load(isValue: Bool) throws(ExporterError) {
        count = 0
        isReusable = false
        path.append(0)
        let file: Int32 = unsafe path.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return -1 }
            let name = unsafe (start + nameStart).assumingMemoryBound(to: CChar.self)
            return unsafe openat(nameStart > 0 ? handle : AT_FDCWD, name, O_RDONLY | O_CLOEXEC)
        }
        guard file >= 0 else { throw .unreadable(path: lastPath, code: errno) }
        defer { close(file) }
        while true {
            if count == buffer.count {
                guard buffer.count < Self.largestFile else { return }
                buffer.append(contentsOf: [UInt8](repeating: 0, count: buffer.count))
            }
            let wanted = isValue ? min(Self.valueLength, buffer.count - count) : buffer.count - count
            let place = count
            let read = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe pread(file, bytes.baseAddress.map { unsafe $0 + place }, wanted, off_t(place))
            }
            if read < 0 {
                if errno == EINTR { continue }
                throw .unreadable(path: lastPath, code: errno)
            }
            count += read
            if read < Self.shortestPart || isValue { return }
        }
    }
}
