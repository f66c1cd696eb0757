import ApusBytes
import Glibc

/// Whether the engine exposes metrics of its own, and what to write where it does not.
package struct EngineMetricsHint: Sendable, Equatable {
    /// Where Docker exposes its metrics when it is told to as the hint says.
    package static let standardAddress = "127.0.0.1:9323"

    /// The address that the engine's configuration names, or the usual one.
    package let address: String
    /// Whether the configuration names one.
    package let isConfigured: Bool
    /// The file that is read and is to be written.
    package let file: String
    /// The whole content of the file with the setting in it, keeping what stands there already.
    package let content: String
    /// Why the file could not be read as it stands; then `content` is the setting alone.
    package let problem: String?

    /// What to do, in one sentence.
    package var text: String {
        isConfigured
            ? "\(file) tells the engine to expose its metrics at \(address): restart it, should nothing answer there."
            : "The engine exposes no metrics of its own. Write this to \(file) and restart it (systemctl restart docker)."
    }

    /// Looks at the engine's configuration; blocks while the file is read.
    ///
    /// Engines before version 23 expose metrics only with `experimental`, which newer ones take without harm.
    package init(file: String = "/etc/docker/daemon.json", needsExperimental: Bool = false) {
        self.file = file
        var reader = FileReader()
        var members: [(name: String, value: JSONValue)] = []
        var problem: String?
        let slash = file.lastIndex(of: "/") ?? file.startIndex
        do throws(ExporterError) {
            try reader.load(FolderPath(String(file[..<slash])), name: String(file[slash...].drop { $0 == "/" }))
            let text = reader.text
            let bytes = unsafe text.withUnsafeBufferPointer { unsafe Array($0) }
            do {
                members = try JSONReader.read(bytes).members
            } catch {
                problem = "\(file): \(error)"
            }
        } catch {
            if !error.isAbsence { problem = error.description }
        }
        let configured = members.first { $0.name == "metrics-addr" }?.value.text
        isConfigured = configured != nil
        address = Self.reachable(configured ?? Self.standardAddress)
        if configured == nil {
            members.append(("metrics-addr", .text(Self.standardAddress)))
            if needsExperimental, !members.contains(where: { $0.name == "experimental" }) {
                members.append(("experimental", .flag(true)))
            }
        }
        content =
            "{\n" + members.map { "  \(JSONString.quoted($0.name)): \($0.value.compactText)" }.joined(separator: ",\n")
            + "\n}\n"
        self.problem = problem
    }

    /// An address to connect to: this machine where the engine listens on all of its addresses.
    private static func reachable(_ address: String) -> String {
        for any in ["0.0.0.0:", "[::]:", "localhost:", ":"] where address.hasPrefix(any) {
            return "127.0.0.1:" + address.dropFirst(any.count)
        }
        return address
    }
}
