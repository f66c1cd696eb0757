package import Foundation

/// A fresh folder for one test, removed when the value goes away.
package final class TemporaryFolder: Sendable {
    /// The folder.
    package let url: URL

    /// Makes the folder, in memory where that is wanted and can be had: for tests that open and sync files by the hundred.
    package init(inMemory: Bool = false) throws {
        let memory = URL(fileURLWithPath: "/dev/shm")
        let isInMemory = inMemory && FileManager.default.isWritableFile(atPath: memory.path)
        url = (isInMemory ? memory : FileManager.default.temporaryDirectory)
            .appendingPathComponent("apus-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    /// The folder's path.
    package var path: String { url.path }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }
}
