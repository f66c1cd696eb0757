/// A file of pressure stall information, of the host or of a control group.
///
/// Source: the kernel's psi document: `some avg10=0.00 avg60=0.00 avg300=0.00 total=123`, times in microseconds.
enum PressureText {
    /// Seconds that some tasks waited, and that all did; `nil` where the file does not tell.
    static func read(_ text: Span<UInt8>) -> (waiting: Double?, stalled: Double?) {
        var waiting: Double?
        var stalled: Double?
        var cursor = FieldCursor(text)
        while cursor.nextLine(), let kind = cursor.nextField() {
            while let field = cursor.nextField() {
                guard cursor.hasPrefix(field, "total="), let total = cursor.integer(field.dropFirst(6)) else {
                    continue
                }
                if cursor.isField(kind, "some") { waiting = Double(total) / 1e6 }
                if cursor.isField(kind, "full") { stalled = Double(total) / 1e6 }
            }
        }
        return (waiting, stalled)
    }
}
