import ApusModel

/// Interrupts of each kind on each processor, from /proc/interrupts: a series for every pair, so only where it is asked for.
struct InterruptCollector: HostCollector {
    let name = "interrupts"

    func collect(
        _ host: HostFolders, _ reader: inout FileReader, into samples: inout MetricSamples
    ) throws(ExporterError) {
        try reader.load(host.procfs, "interrupts")
        let place = samples.family(.counter, "node_interrupts_total", "Interrupt details.")
        var cursor = FieldCursor(reader.text)
        guard cursor.nextLine() else { throw .malformed(path: reader.lastPath, reason: "the file is empty") }
        // The heading names the processors that are switched on: CPU0, CPU2.
        var processors: [String] = []
        while let field = cursor.nextField() { processors.append(String(cursor.string(field).drop { !$0.isNumber })) }
        while cursor.nextLine() {
            guard let heading = cursor.field(before: UInt8(ascii: ":")) else { continue }
            let type = cursor.string(heading)
            var values: [UInt64] = []
            while values.count < processors.count, let value = cursor.nextInteger() { values.append(value) }
            // A line of all processors together, such as that of errors, has one number.
            guard values.count == processors.count else { continue }
            // Of a numbered interrupt the controller comes first and the devices follow; of others the rest is one text.
            var words: [String] = []
            while let word = cursor.nextField() { words.append(cursor.string(word)) }
            let isNumbered = cursor.integer(heading) != nil
            let info = isNumbered ? words.first ?? "" : words.joined(separator: " ")
            let devices = isNumbered ? words.dropFirst().joined(separator: " ") : ""
            for (processor, value) in zip(processors, values) {
                let labels = LabelText.make([
                    "cpu": processor, "devices": devices, "info": info, "type": type,
                ])
                samples.append(Double(value), labels, to: place)
            }
        }
    }
}
