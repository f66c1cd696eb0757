import FoundationEssentials
import Glibc

/// Finds and reads the folder of the web interface.
package enum AssetFolder {
    /// What all files together may have, in bytes.
    static let maxBytes = 64 << 20

    /// Where the packages of distributions put the interface.
    static let systemPath = "/usr/share/apus/web"

    /// How many folders above the executable are looked at: `.build/<triple>/release/apus` lies four below a checkout.
    private static let maxLevels = 6

    /// Finds and loads the interface: in `explicit` when given, otherwise in the folder `web` of the checkout that holds
    /// the executable, otherwise in the system's folder.
    ///
    /// - Parameter base: the path under which browsers reach the program, with a slash at its end.
    package static func load(explicit: String?, base: String) throws(AssetError) -> AssetTable {
        if let explicit { return try read(explicit, base: base) }
        let places = checkoutCandidates() + [systemPath]
        for place in places where FileManager.default.fileExists(atPath: "\(place)/\(AssetTable.pageName)") {
            return try read(place, base: base)
        }
        throw .notFound(places: places)
    }

    /// Loads the interface from a folder.
    static func read(_ folder: String, base: String) throws(AssetError) -> AssetTable {
        var files: [AssetTable.File] = []
        var total = 0
        let paths: [String]
        do {
            // The final slash makes a link to a folder the folder itself.
            paths = try FileManager.default.subpathsOfDirectory(atPath: folder + "/")
        } catch {
            throw .unreadable(path: folder, reason: "it is no folder, or it may not be read")
        }
        for path in paths where AssetTable.serves(path) {
            let full = "\(folder)/\(path)"
            var isFolder = false
            guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder), !isFolder else { continue }
            guard let content = FileManager.default.contents(atPath: full) else {
                throw .unreadable(path: full, reason: "permission denied or read error")
            }
            total += content.count
            guard total <= maxBytes else { throw .tooLarge(path: folder, limit: maxBytes) }
            files.append(AssetTable.File(path: path, bytes: Array(content)))
        }
        return try AssetTable(files, base: base)
    }

    /// The folders `web` beside the executable and above it.
    private static func checkoutCandidates() -> [String] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        guard length > 0 else { return [] }
        var folder = String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)[...]
        var result: [String] = []
        for _ in 0..<maxLevels {
            guard let slash = folder.lastIndex(of: "/") else { break }
            folder = folder[..<slash]
            result.append("\(folder)/web")
        }
        return result
    }
}
