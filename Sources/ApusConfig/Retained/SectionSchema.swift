/// The form of a section that this version reads and checks, but does not act on.
struct SectionSchema: Sendable {
    /// The form of one field.
    indirect enum Form: Sendable {
        case text, secret, flag, integer, count, number, duration, size, texts, textMap
        /// An address of a server; a password in it is not shown.
        case address
        /// One of some words.
        case choice([String], message: String)
        case section(SectionSchema)
        case sections(SectionSchema, nullMessage: String)
        case rules(nullMessage: String)
    }

    /// A rule that concerns several fields or their values.
    enum Rule: Sendable {
        case required(String, message: String)
        case requiredList(String, message: String)
        /// Of the groups of fields at most one may be set.
        case atMostOne([String], message: String)
        case exactlyOne([String], message: String)
        case positive(String, message: String)
        case ordered(String, atMost: String, message: String)
        case httpAddress(String)
        /// Headers that the protocol sets itself may not be set.
        case freeHeaders(String, authorizationMessage: String)
        /// A list of texts none of which is empty or there twice.
        case distinctTexts(String)
    }

    /// The section's name in messages.
    let name: String
    /// The fields in the order in which they are shown.
    let fields: [(name: String, form: Form)]
    var rules: [Rule] = []
    /// Whether the fields of an HTTP client stand in the section, too.
    var hasHTTPClient = false
    /// Whether `*_sd_configs` and `static_configs` stand in the section, too.
    var hasDiscovery = false
}
