import CApusZlib

/// Makes gzip bodies for tests.
enum Gzip {
    /// `bytes` as one gzip member.
    static func compress(_ bytes: [UInt8]) -> [UInt8] {
        guard let deflater = apus_deflater_create(6) else { return [] }
        defer { apus_deflater_destroy(deflater) }
        var output = [UInt8](repeating: 0, count: bytes.count + 1_024)
        var consumed = 0
        var produced = 0
        guard apus_deflater_step(deflater, true, bytes, bytes.count, &consumed, &output, output.count, &produced) else {
            return []
        }
        return Array(output[..<produced])
    }
}
