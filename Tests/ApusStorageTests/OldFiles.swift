import ApusTestSupport
import Foundation
import Testing

/// A store of two series of 20 samples, written by the first version of log and block: none of later record types and columns.
enum OldFiles {
    static let blockCount = 1

    /// Puts the files into a folder.
    static func write(to folder: TemporaryFolder) throws {
        for (path, text) in contents {
            let file = folder.url.appendingPathComponent(path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            let data = try #require(Data(base64Encoded: text, options: .ignoreUnknownCharacters))
            try data.write(to: file)
        }
    }

    private static let contents: [(path: String, base64: String)] = [
        (
            "blocks/01HF7YAT00BXYZ3DV5FQ5RQR9A/columns",
            """
            QVBVU0NPTAABAAAAgE8SAAAAAACo6RMAAAAAAAAAAABWeirvgL6SAbDqAQAAsXzOPwISAAAyAACTdzGuAhABAAAEADF1uQAHAgAA
            AAAA8H9HaTV+
            """
        ),
        (
            "blocks/01HF7YAT00BXYZ3DV5FQ5RQR9A/index",
            """
            QVBVU0lEWAABAAAAAwAAAIBPEgAAAAAAqOkTAAAAAAAQAAAAAAAAAAIAAAACAAAAKgAAAAAAAACQ4KwgNAAAAAAAAADJxi3KOAAA
            AAAAAACVBhx4VAAAAAAAAAAH8RJOBQAAAAAAAAABAAAAAgAAAAoAAAALAAAADgAAADAxX19uYW1lX19ub2xkAgAAAAAAAAASAAAA
            JAAAAAICBAMAAYC+kgGotAYISAliBwICBAMBAYC+kgGotAYISAl4FAMAAAACAAAABAAAAAAAAAACAAAAAwAAAAAAAAACAAAAAQAA
            AAMAAAABAAAAAwAAAAEAAAAAAQAB
            """
        ),
        (
            "wal/00000001.checkpoint",
            """
            QVBVU1dBTAABAAAAAQAAAAAAAADm1roWQVepUhUAAAAxuKceAQAAEQhfX25hbWVfXwNvbGQBbgEwQVepUhUAAACPzI/bAQEAEQhf
            X25hbWVfXwNvbGQBbgExQVepUhkAAACVsLJKAoCRoQEAAgAAAAAAAAAAQAQAAAAAAABQQEFXqVIZAAAA44YAUgKw+6IBAAIAAAAA
            AAAAAkAEAAAAAABAVEBBV6lSGQAAAGVxE6AC4OWkAQACAAAAAAAAAARABAAAAAAAAFlAQVepUhkAAABAeeRyApDQpgEAAgAAAAAA
            AAAGQAQAAAAAAEBeQEFXqVIZAAAA+fE6nALAuqgBAAIAAAAAAAAACEAEAAAAAAAAYkBBV6lSGQAAACryM8IC8KSqAQACAAAAAAAA
            AApABAAAAAAAIGVAQVepUhkAAADyipj3AqCPrAEAAgAAAAAAAAAMQAQAAAAAAIBoQEFXqVIZAAAA+X7B0QLQ+a0BAAIAAAAAAAAA
            DkAEAAAAAAAgbEBBV6lSGQAAAIif9TMCgOSvAQACAAAAAAAAABBABAAAAAAAAHBAQVepUhkAAAAi7O5PArDOsQEAAgAAAAAAAAAR
            QAQAAAAAABByQEFXqVIZAAAA2eOj7gLguLMBAAIAAAAAAAAAEkAEAAAAAABAdEBBV6lSGQAAABFw50MCkKO1AQACAAAAAAAAABNA
            BAAAAAAAkHZA
            """
        ),
        (
            "wal/00000002.segment",
            """
            QVBVU1dBTAABAAAAAgAAAAAAAACPUf7N
            """
        ),
    ]
}
