/// Upper and lower case, one scalar for one scalar.
///
/// The standard library's mapping may lengthen a text (`ß` to `SS`); the peers map each scalar alone, and relabelled
/// values must be equal to theirs.
enum CaseMapping {
    static func lowercase(_ text: String) -> String {
        map(text) { scalar in
            if scalar == "\u{130}" { return "i" }
            return single(scalar.properties.lowercaseMapping)
        }
    }

    static func uppercase(_ text: String) -> String {
        map(text) { scalar in
            // Where the full mapping has several scalars, the simple one, if there is any, is the title case.
            single(scalar.properties.uppercaseMapping) ?? single(scalar.properties.titlecaseMapping)
        }
    }

    private static func map(_ text: String, _ mapping: (Unicode.Scalar) -> Unicode.Scalar?) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(mapping(scalar) ?? scalar) }
        return String(result)
    }

    private static func single(_ text: String) -> Unicode.Scalar? {
        var scalars = text.unicodeScalars.makeIterator()
        guard let first = scalars.next(), scalars.next() == nil else { return nil }
        return first
    }
}
