import ApusStorage

/// Writing files whole; what fails is a fault of the machine, not of what is tested.
enum Files {
    /// Puts a file in place of the one that may be there.
    static func write(_ bytes: [UInt8], to path: String) {
        do throws(FileError) {
            try Folder.removeFile(path)
            try SystemFile(creating: path).write(bytes.span, at: 0)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// The bytes of a file.
    static func read(_ path: String) -> [UInt8] {
        do throws(FileError) {
            let file = try MappedFile(path)
            return file.bytes.withUnsafeBytes { Array($0) }
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Makes a folder.
    static func makeFolder(_ path: String) {
        do throws(FileError) { try Folder.make(path) } catch { preconditionFailure("\(error)") }
    }

    /// Removes everything in a folder.
    static func empty(_ path: String) {
        guard Folder.isFolder(path) else { return }
        do throws(FileError) {
            for name in try Folder.names(in: path) {
                let inner = "\(path)/\(name)"
                if Folder.isFolder(inner) {
                    empty(inner)
                    try Folder.remove(inner)
                } else {
                    try Folder.removeFile(inner)
                }
            }
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// The files below a folder with their bytes, by relative path.
    static func tree(_ path: String, prefix: String = "") -> [String: [UInt8]] {
        var result: [String: [UInt8]] = [:]
        do throws(FileError) {
            for name in try Folder.names(in: path) {
                let inner = "\(path)/\(name)"
                if Folder.isFolder(inner) {
                    result.merge(tree(inner, prefix: "\(prefix)\(name)/")) { first, _ in first }
                } else {
                    result[prefix + name] = read(inner)
                }
            }
        } catch {
            preconditionFailure("\(error)")
        }
        return result
    }
}
