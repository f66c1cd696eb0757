/// The labels of the children of a family, one text behind the other, so that an exposition reads them as they lie.
struct LabelTexts: Sendable {
    private var bytes: [UInt8] = []
    private var ranges: [Range<Int>] = []
    /// The bytes that belong to no child any more.
    private var garbage = 0
    /// Whether all names are the same where a scraper takes no UTF-8.
    private(set) var hasPlainNames = true

    /// The text with this number.
    subscript(_ number: Int) -> Span<UInt8> {
        @_lifetime(borrow self)
        get { bytes.span.extracting(ranges[number]) }
    }

    /// Adds a text, whose number is how many there were.
    mutating func append(_ labels: RenderedLabels) {
        ranges.append(bytes.count..<(bytes.count + labels.text.count))
        bytes += labels.text
        hasPlainNames = hasPlainNames && labels.hasPlainNames
    }

    /// Removes a text; the last one takes its number.
    mutating func remove(_ number: Int) {
        garbage += ranges[number].count
        ranges.swapAt(number, ranges.count - 1)
        ranges.removeLast()
        if garbage * 2 > bytes.count { arrange(Array(ranges.indices)) }
    }

    /// Lays the texts in the order of the given numbers, which are all there are.
    mutating func arrange(_ order: [Int]) {
        var arranged: [UInt8] = []
        arranged.reserveCapacity(bytes.count - garbage)
        for number in order {
            let start = arranged.count
            arranged += bytes[ranges[number]]
            ranges[number] = start..<arranged.count
        }
        bytes = arranged
        garbage = 0
    }
}
