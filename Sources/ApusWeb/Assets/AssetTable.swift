/// The files of the web interface, held in memory with all that their answers need.
///
/// Made once at start. Files lie at `/ui/<id>/<path>`, where the id is a hash of all of them: what an id names never
/// changes, so browsers keep it for ever, and relative imports between modules inherit it.
package struct AssetTable: Sendable {
    /// One file.
    struct Asset: Sendable {
        let bytes: [UInt8]
        /// The bytes compressed with gzip, where that is smaller.
        let compressed: [UInt8]?
        let mediaType: String
        /// A strong validator of the content.
        let entityTag: String
    }

    /// A file to be put into the table.
    package struct File: Sendable {
        /// The path below the folder of the interface, with `/` between names.
        package let path: String
        /// The content.
        package let bytes: [UInt8]

        /// A file at `path`.
        package init(path: String, bytes: [UInt8]) {
            self.path = path
            self.bytes = bytes
        }
    }

    /// The name of the page that answers every page route.
    package static let pageName = "index.html"

    private static let mediaTypes: [Substring: String] = [
        "css": "text/css; charset=utf-8", "html": "text/html; charset=utf-8", "ico": "image/x-icon",
        "js": "text/javascript; charset=utf-8", "png": "image/png", "svg": "image/svg+xml", "woff2": "font/woff2",
    ]

    /// The build id: a hash of all files.
    package let id: String
    private let assets: [String: Asset]
    /// The page with its placeholders filled in.
    let page: Asset

    /// Makes the table.
    ///
    /// In the page, `{{base}}` becomes the path under which the program is reached, with a slash at its end, and `{{id}}`
    /// the build id. Files of kinds that browsers have no use for (types, configuration of tools) are left out.
    ///
    /// - Throws: `missingPage` when there is no `index.html`.
    package init(_ files: [File], base: String) throws(AssetError) {
        let served = files.filter { Self.serves($0.path) }.sorted { $0.path < $1.path }
        guard let page = served.first(where: { $0.path == Self.pageName }) else { throw .missingPage }
        var everything: [UInt8] = []
        for file in served {
            everything += Array("\(file.path)\n\(file.bytes.count)\n".utf8)
            everything += file.bytes
        }
        id = String(ContentName.hexadecimal(everything).prefix(16))
        var assets: [String: Asset] = [:]
        for file in served where file.path != Self.pageName {
            assets[file.path] = Self.asset(file.bytes, path: file.path)
        }
        self.assets = assets
        let text = Self.replacing(
            "{{id}}", by: id, in: Self.replacing("{{base}}", by: Self.escaped(base), in: page.bytes))
        self.page = Self.asset(text, path: page.path)
    }

    /// The file at a path below the build id's folder.
    func asset(at path: String) -> Asset? { assets[path] }

    /// Whether a file is of a kind that is served.
    static func serves(_ path: String) -> Bool { mediaType(of: path) != nil }

    private static func mediaType(of path: String) -> String? {
        guard let dot = path.lastIndex(of: "."), !path.hasSuffix(".d.ts") else { return nil }
        return mediaTypes[path[path.index(after: dot)...]]
    }

    private static func asset(_ source: [UInt8], path: String) -> Asset {
        let isCode = path.hasSuffix(".js") || path.hasSuffix(".css")
        let bytes = isCode ? SourceComments.removed(from: source) : source
        let compressed = GzipEncoder.compressed(bytes, level: GzipEncoder.storedLevel)
        return Asset(
            bytes: bytes, compressed: compressed.flatMap { $0.count < bytes.count ? $0 : nil },
            mediaType: mediaType(of: path) ?? "application/octet-stream",
            entityTag: "\"\(ContentName.hexadecimal(bytes))\"")
    }

    private static func replacing(_ placeholder: String, by text: String, in bytes: [UInt8]) -> [UInt8] {
        let wanted = Array(placeholder.utf8)
        var result: [UInt8] = []
        var rest = bytes[...]
        while let first = rest.first {
            if rest.starts(with: wanted) {
                result += Array(text.utf8)
                rest = rest.dropFirst(wanted.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }

    /// Text that is safe inside an attribute in double quotes.
    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.append(character)
            }
        }
    }
}

/// Why the web interface cannot be served.
package enum AssetError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No folder with the interface was found in any of the places.
    case notFound(places: [String])
    /// A file or the folder cannot be read.
    case unreadable(path: String, reason: String)
    /// The folder has no `index.html`.
    case missingPage
    /// The files are more than is reasonable to hold in memory.
    case tooLarge(path: String, limit: Int)

    package var description: String {
        switch self {
        case .notFound(let places):
            "the web interface was not found in \(places.joined(separator: ", ")); name its folder with --web.assets-dir"
        case .unreadable(let path, let reason): "cannot read \(path) of the web interface: \(reason)"
        case .missingPage: "the folder of the web interface has no \(AssetTable.pageName)"
        case .tooLarge(let path, let limit): "the web interface in \(path) has more than \(limit) bytes"
        }
    }
}
