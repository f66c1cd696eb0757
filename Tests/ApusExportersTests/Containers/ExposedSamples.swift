import ApusExporters

/// The samples of a page in the text format, to be asked for by name and labels.
struct ExposedSamples {
    struct Sample {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    private(set) var samples: [Sample] = []
    private(set) var types: [String: String] = [:]
    let text: String

    init(_ page: ExporterPage) {
        self.init(text: String(decoding: page.body, as: UTF8.self))
    }

    init(text: String) {
        self.text = text
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ")
                types[String(words[2])] = String(words[3])
            }
            guard !line.hasPrefix("#"), let space = line.lastIndex(of: " "),
                let value = Double(line[space...].dropFirst())
            else { continue }
            let series = line[..<space]
            guard let brace = series.firstIndex(of: "{") else {
                samples.append(Sample(name: String(series), labels: [:], value: value))
                continue
            }
            let labels = Self.labels(series[brace...].dropFirst().dropLast())
            samples.append(Sample(name: String(series[..<brace]), labels: labels, value: value))
        }
    }

    /// Labels in the order of the text; a value may hold commas and escaped quotes.
    private static func labels(_ text: Substring) -> [String: String] {
        var labels: [String: String] = [:]
        var rest = text
        while let equals = rest.firstIndex(of: "=") {
            let name = String(rest[..<equals].drop { $0 == "," })
            rest = rest[equals...].dropFirst(2)
            var value = ""
            while let character = rest.popFirst(), character != "\"" {
                value.append(character == "\\" ? rest.popFirst() ?? "\\" : character)
            }
            labels[name] = value
        }
        return labels
    }

    /// The samples with these labels among theirs.
    func all(_ name: String, _ labels: [String: String] = [:]) -> [Sample] {
        samples.filter { sample in
            sample.name == name && labels.allSatisfy { sample.labels[$0.key, default: ""] == $0.value }
        }
    }

    /// The one value with these labels; `nil` where there is none, or several.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let found = all(name, labels)
        return found.count == 1 ? found[0].value : nil
    }
}
