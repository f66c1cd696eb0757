/// What a remote-write request is answered with.
package struct RemoteWriteReply: Sendable, Equatable {
    /// The HTTP status: 204 when everything is stored, 400 when some samples never can be, 413, 415, or 500 to be sent again.
    package var status: Int
    /// Why it is not 204, as plain text; empty for 204.
    package var text: String
    /// Further header fields.
    package var fields: [Field]

    /// A reply with the given parts.
    package init(status: Int, text: String = "", fields: [Field] = []) {
        self.status = status
        self.text = text
        self.fields = fields
    }

    /// One header field.
    package struct Field: Sendable, Equatable {
        /// The field's name.
        package let name: String
        /// The field's value.
        package let value: String
    }
}
