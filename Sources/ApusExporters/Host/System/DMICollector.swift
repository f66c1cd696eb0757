/// Maker and model of the machine, from /sys/class/dmi/id.
struct DMICollector: HostCollector {
    let name = "dmi"
    private static let fields: [String] = [
        "bios_date", "bios_release", "bios_vendor", "bios_version", "board_name", "board_vendor", "board_version",
        "chassis_vendor", "chassis_version", "product_family", "product_name", "product_sku", "product_version",
        "sys_vendor",
    ]

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        let folder = host.sysfs.folder("class/dmi/id")
        guard folder.exists else { throw .absent(folder.text) }
        var labels: [UInt8] = []
        for field in Self.fields {
            // Some are for root only.
            guard folder.canRead(field), let value = try reader.line(folder, name: field) else { continue }
            LabelText.append(field == "sys_vendor" ? "system_vendor" : field, value, to: &labels)
        }
        samples.gauge(
            "node_dmi_info",
            "A metric with a constant '1' value labeled by bios_date, bios_release, bios_vendor, bios_version, "
                + "board_name, board_vendor, board_version, chassis_vendor, chassis_version, product_family, "
                + "product_name, product_sku, product_version, system_vendor if provided by DMI.",
            1, labels)
    }
}
