import ApusModel
import ApusStorage
import ApusTestSupport
import Foundation
import Testing

/// A block as version 2 of the format was first written: it must stay readable.
@Suite("Block of version 2")
struct BlockVersion2Tests {
    private static let name = "01HFAXPJ803PMY9TCG7MPRF0ZM"

    @Test("a block with divisors, fixed point, sparse runs and a compressed group reads as it was written")
    func reads() throws {
        let folder = try TemporaryFolder()
        let block = folder.url.appendingPathComponent("blocks/\(Self.name)")
        try FileManager.default.createDirectory(at: block, withIntermediateDirectories: true)
        for (name, text) in Self.files {
            let data = try #require(Data(base64Encoded: text, options: .ignoreUnknownCharacters))
            try data.write(to: block.appendingPathComponent(name))
        }
        let storage = try Storage(folder: folder.path, clock: ManualClock(milliseconds: 1_700_100_000_000))
        defer { storage.close() }
        #expect(storage.statistics.blocks == 1)
        let read = try storage.samples([])
        #expect(read.count == 3)
        for number in 0..<3 {
            let columns = try #require(read[series("old", ["n": "\(number)"])])
            #expect(columns.timestamps == (0..<300).map { 1_700_000_000_000 + Int64($0) * 15_000 })
            #expect(columns.values.map(\.bitPattern) == (0..<300).map { Self.value(number, $0).bitPattern })
        }
    }

    private static func value(_ number: Int, _ step: Int) -> Double {
        switch number {
        case 0: Double(step / 50) * 4_096
        case 1: step == 7 ? SpecialValue.staleMarker : Double(step % 4 == 0 ? 3 * step : 0) / 4
        default: 0.1 + Double(step % 40) / 3
        }
    }

    private static let files: [(name: String, base64: String)] = [
        (
            "index",
            """
            QVBVU0lEWAACAAAABgAAAABo5c+LAQAAiNcp0IsBAACEAwAAAAAAAAMAAAADAAAALwAAAAAAAABeChByKAAAAAAAAADyFxbDTQAAAAAA
            AABseQZ3EgAAAAAAAACu6uVoFQAAAAAAAACy+ZzbSAAAAAAAAABHRRS9JQEAAAAAAAB418zLBgAAAAAAAAABAAAAAgAAAAMAAAALAAAA
            DAAAAA8AAAAwMTJfX25hbWVfX25vbGQDAAAAAAAAAAYAAAAMAAAAFAAAAAAAAQAAEgABARIAeQACAYsBAP8CBAAAAAMAAAAFAAAAAAAA
            AAMAAAAEAAAAAAAAAAMAAAABAAAABAAAAAEAAAAFAAAAAQAAAAQAAAACAAAABwAAAAEAAAABAAMAAAABAAIBAAAAAAAAAAYAAAACAQMG
            BAABAAAAAAAAAAkAAAAAiN+RAqwCAAsBAAAAAQAAAAAAAAAAAAAAJAAAAAAAAAALAAAA74188gAAAAAAAAAALwAAAAAAAAD2AAAA6Njg
            RgsAAAAAAAAACgIAAAAAAAA=
            """
        ),
        (
            "columns",
            """
            QVBVU0NPTAACAAAAAGjlz4sBAACI1ynQiwEAAAAAAABqrzSRgKCr/vlisOoBAAAotS/9YAoBZQcAZAwFQYAgAAAABTEBBcADAQCAEBER
            AQEHAICAYEAoGA6IhGLBaDgekIhkQqlYLpiMZsPpeD6gkGhEKplOqJRqxWq5XrCYbEar2W64nG7H6/l+wKBwSCwaj8gkBwIAAAAAAPB/
            BT9tmrPmzJmz5gzWqtUqgP+y7dv2AQUHDoCFYqFYaDaanW6n2+l2up1+r9/r9/q9fg++ARaKhWKh2Wh2uvq9PfgGWCgWioVmo9np9+Ab
            YKFYKBaajWan29/rg28AHKoNANWqDRwPAKNmAkCI6o68DfjYMDEYGIwE+YKcwMD4ORQUXA6wBzgZ4bo=
            """
        ),
        (
            "lineage",
            """
            QVBVU0xJTgABAAAAAAAAAAkAAAAAAAAAWpImQCGoCLQAAAAAAAAAgAA=
            """
        ),
    ]
}
