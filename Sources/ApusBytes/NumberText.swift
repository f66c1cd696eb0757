/// Numbers as text, spelled as the peers spell them.
///
/// The formatter is in `NumberText+Format.swift`, the reader in `NumberText+Parse.swift`.
package enum NumberText {
    /// How a float is spelled.
    ///
    /// All styles give the shortest digits that read back as the same value, and `NaN`, `+Inf`, `-Inf` for what is not finite; they differ in when an exponent is used.
    ///
    /// Source: Go's `strconv.FormatFloat` with precision -1, which defines what the peers write.
    package enum FloatStyle: Sendable {
        /// Exponent below 1e-4 and from 1e+06 on: the Prometheus text format (`'g'`).
        case general
        /// As `general`, but always with a point or an exponent: OpenMetrics (`1.0`, `1e+06`).
        case openMetrics
        /// Exponent below 1e-4 and from 1e+21 on: numbers in printed expressions and messages (`%v`).
        case plain
        /// Exponent below 1e-6 and from 1e+21 on: sample values in JSON answers.
        case json
        /// Never an exponent: label values made from floats (`'f'`).
        case fixed
    }

    /// The spelling of `value` as a string, for text that is not on a hot path.
    package static func string(_ value: Double, _ style: FloatStyle) -> String {
        var bytes: [UInt8] = []
        append(value, style, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
