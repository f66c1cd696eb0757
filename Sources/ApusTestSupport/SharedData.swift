package import Foundation

/// The folder of conformance data that lies beside the checkout and is not part of it.
///
/// Tests that need it take `.enabled(if: SharedData.isPresent, SharedData.absenceComment)`.
package enum SharedData {
    /// The folder: `APUS_SHARED`, or `shared` beside the checkout; `nil` when there is none.
    package static let folder: URL? = {
        let candidates =
            if let path = ProcessInfo.processInfo.environment["APUS_SHARED"] {
                [URL(fileURLWithPath: path)]
            } else {
                [repositoryFolder.deletingLastPathComponent().appendingPathComponent("shared")]
            }
        return candidates.first { candidate in
            FileManager.default.fileExists(atPath: candidate.appendingPathComponent("conformance").path)
        }
    }()

    /// Whether the data is there.
    package static var isPresent: Bool { folder != nil }

    /// What a skipped test says.
    package static let absenceComment: String =
        "needs the shared conformance data: set APUS_SHARED to its folder, or put it at ../shared"

    /// The root of the checkout.
    package static let repositoryFolder: URL = URL(fileURLWithPath: #filePath)
        .resolvingSymlinksInPath()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The file or folder at a relative path; only when `isPresent`.
    package static func url(_ relativePath: String) throws -> URL {
        guard let folder else { throw CocoaError(.fileNoSuchFile) }
        return folder.appendingPathComponent(relativePath)
    }

    /// The bytes of the file at a relative path.
    package static func bytes(_ relativePath: String) throws -> [UInt8] {
        Array(try Data(contentsOf: url(relativePath)))
    }

    /// The text of the file at a relative path.
    package static func text(_ relativePath: String) throws -> String {
        String(decoding: try bytes(relativePath), as: UTF8.self)
    }

    /// The files directly in a folder, sorted by name; all of them, or those with one of the endings.
    package static func files(in relativePath: String, endingWith endings: [String] = [""]) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: url(relativePath), includingPropertiesForKeys: nil)
            .filter { file in endings.contains { $0.isEmpty || file.lastPathComponent.hasSuffix($0) } }
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }
}
