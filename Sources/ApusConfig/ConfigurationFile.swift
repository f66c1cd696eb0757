import Glibc

/// Reads files of the configuration.
package enum ConfigurationFile {
    /// The bytes of a file.
    ///
    /// - Throws: `ConfigurationError.unreadable`, also when the file is larger than `limit`.
    package static func read(
        _ path: String, limit: Int = YAMLLimits.standard.bytes
    ) throws(ConfigurationError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(file: path, reason: reason(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .unreadable(file: path, reason: reason(errno)) }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw .unreadable(file: path, reason: "is a directory")
        }
        var bytes: [UInt8] = []
        while bytes.count <= limit {
            var problem: Int32 = 0
            let chunk = unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                let result = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                problem = result < 0 ? errno : 0
                count = max(result, 0)
            }
            if problem == EINTR { continue }
            guard problem == 0 else { throw .unreadable(file: path, reason: reason(problem)) }
            if chunk.isEmpty { return bytes }
            bytes += chunk
        }
        throw .unreadable(file: path, reason: "has more than the \(limit) bytes allowed; split it")
    }

    /// The folder part of a file name; empty when it has none.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func reason(_ code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text).lowercased()
    }
}

/// File names with wildcards.
package enum FilePattern {
    /// The files that match a pattern, sorted; a pattern without wildcards matches the file of that name, if it is there.
    package static func matches(of pattern: String) -> [String] {
        var found = unsafe glob_t()
        defer { unsafe globfree(&found) }
        guard unsafe glob(pattern, 0, nil, &found) == 0 else { return [] }
        var result: [String] = []
        for index in unsafe 0..<Int(found.gl_pathc) {
            if let path = unsafe found.gl_pathv[index] { result.append(unsafe String(cString: path)) }
        }
        return result
    }
}

/// The environment of the process.
package enum ProcessEnvironment {
    /// The value of a variable, or `nil` when it is not set.
    package static func value(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}
