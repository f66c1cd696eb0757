import ApusBytes
import ApusInterchange
import ApusStorage
import ArgumentParser

/// `apus tsdb verify`: checks every checksum.
struct TSDBVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check every checksum of every file.",
        discussion: """
            Reads only, also while a server runs on the folder. A folder with a block of Prometheus, or with several, is checked \
            as such. Ends with 1 when something is damaged.
            """)

    @OptionGroup var folder: DataFolderArgument
    @Option(help: "table, or json for programs.")
    var format = TSDBOutputFormat.table

    func run() async throws {
        let path = folder.folder
        let report = try await TSDBWork.run { () throws(InterchangeError) in try Self.verify(path) }
        switch format {
        case .json: print(Self.json(report))
        case .table:
            for damage in report.damage { print(Terminal.harmless("\(damage.path): \(damage.reason)")) }
            for note in report.notes { print(Terminal.harmless("note: \(note)")) }
            let found = report.damage.isEmpty ? "nothing is damaged" : "\(report.damage.count) damaged places"
            print("\(report.blocks) blocks, \(report.files) files, \(ShortNumber.bytes(report.bytes)): \(found)")
        }
        if !report.damage.isEmpty { throw ExitCode(1) }
    }

    private static func verify(_ path: String) throws(InterchangeError) -> FolderVerification.Report {
        if PrometheusFolder.isBlock(path) || PrometheusFolder.isDataFolder(path) {
            return try PrometheusFolder.verify(path)
        }
        guard Folder.isFolder("\(path)/blocks") || Folder.isFolder("\(path)/wal") else {
            throw .unusable("\(path) is no data folder: it has neither blocks nor wal")
        }
        do throws(FileError) { return try FolderVerification.run(folder: path) } catch { throw .file(error) }
    }

    private static func json(_ report: FolderVerification.Report) -> String {
        let damage = report.damage.map {
            "{\"path\":\(JSONString.quoted($0.path)),\"reason\":\(JSONString.quoted($0.reason))}"
        }
        let notes = report.notes.map { JSONString.quoted($0) }
        return "{\"blocks\":\(report.blocks),\"files\":\(report.files),\"bytes\":\(report.bytes),"
            + "\"damage\":[\(damage.joined(separator: ","))],\"notes\":[\(notes.joined(separator: ","))]}"
    }
}
