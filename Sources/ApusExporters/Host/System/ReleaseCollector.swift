import ApusBytes

/// The distribution, from /etc/os-release.
struct ReleaseCollector: HostCollector {
    let name = "os"
    private let fields = LastReading<[String: String]>()

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        if try !reader.loadIfPresent(host.rootfs, "etc/os-release") {
            guard try reader.loadIfPresent(host.rootfs, "usr/lib/os-release") else {
                throw .absent("\(host.rootfs.text)etc/os-release")
            }
        }
        let fields = fields.value(of: reader.text) { Self.read($0) }
        func field(_ name: String) -> String { fields[name] ?? "" }
        samples.gauge(
            "node_os_info",
            "A metric with a constant '1' value labeled by build_id, id, id_like, image_id, image_version, name, "
                + "pretty_name, variant, variant_id, version, version_codename, version_id.",
            1,
            LabelText.make([
                "build_id": field("BUILD_ID"), "id": field("ID"), "id_like": field("ID_LIKE"),
                "image_id": field("IMAGE_ID"), "image_version": field("IMAGE_VERSION"), "name": field("NAME"),
                "pretty_name": field("PRETTY_NAME"), "variant": field("VARIANT"), "variant_id": field("VARIANT_ID"),
                "version": field("VERSION"), "version_codename": field("VERSION_CODENAME"),
                "version_id": field("VERSION_ID"),
            ]))
        let number = field("VERSION").split(separator: " ").first.map(String.init) ?? field("VERSION_ID")
        let parts = number.split(separator: ".").prefix(2).joined(separator: ".")
        if let version = NumberText.parseFloat(Array(parts.utf8).span) {
            samples.gauge(
                "node_os_version", "Metric containing the major.minor part of the OS version.", version,
                LabelText.make(["id": field("ID"), "id_like": field("ID_LIKE"), "name": field("NAME")]))
        }
    }

    /// `NAME="value"` lines; source: os-release(5).
    static func read(_ text: Span<UInt8>) -> [String: String] {
        var fields: [String: String] = [:]
        var cursor = FieldCursor(text)
        while cursor.nextLine() {
            guard let key = cursor.field(before: UInt8(ascii: "=")) else { continue }
            var value = cursor.restOfLine()
            for quote in ["\"", "'"] where value.count >= 2 && value.hasPrefix(quote) && value.hasSuffix(quote) {
                value = String(value.dropFirst().dropLast())
            }
            fields[cursor.string(key)] = value
        }
        return fields
    }
}
