/// The fields that matter of a file of lines such as `pgfault 123`, and where each goes.
struct FieldTable<Target>: Sendable {
    typealias Place = any WritableKeyPath<Target, UInt64?> & Sendable

    /// One field.
    struct Field: Sendable {
        let name: StaticString
        let place: Place
        /// What the file's unit is of the place's.
        let factor: UInt64

        init(_ name: StaticString, _ place: Place, factor: UInt64 = 1) {
            self.name = name
            self.place = place
            self.factor = factor
        }
    }

    private let fields: [Field]

    init(_ fields: [Field]) {
        self.fields = fields
    }

    /// Takes the fields that the text has; a value that is too large becomes the greatest.
    func read(_ text: Span<UInt8>, into target: inout Target) {
        var cursor = FieldCursor(text)
        while cursor.nextLine(), let name = cursor.nextField() {
            guard let field = fields.first(where: { cursor.isField(name, $0.name) }),
                let value = cursor.nextInteger()
            else { continue }
            let (product, overflows) = value.multipliedReportingOverflow(by: field.factor)
            target[keyPath: field.place] = overflows ? .max : product
        }
    }
}
