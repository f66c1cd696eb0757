/// How time is cut into blocks: as compaction cuts it, so that what is imported need not be cut again.
struct BlockAlignment: Sendable {
    /// Larger blocks would outlive their samples by too much.
    private static let usualLevels = 2
    private static let maximumRanges: Int64 = 512

    /// The length of a range, in milliseconds.
    let length: Int64

    /// Ranges of a given length, in milliseconds.
    init(length: Int64) {
        self.length = max(1, length)
    }

    /// Ranges of the largest usual level.
    init(base: Int64) {
        length = max(1, base) * 9
    }

    /// Ranges of the smallest level that holds a span of time whole, up to the largest usual one, which is left only where there
    /// would be very many.
    init(base: Int64, span: ClosedRange<Int64>) {
        var length = max(1, base)
        let (duration, isTooLong) = span.upperBound.subtractingReportingOverflow(span.lowerBound)
        var level = 0
        while isTooLong || duration / length >= (level < Self.usualLevels ? 1 : Self.maximumRanges) {
            let (next, overflows) = length.multipliedReportingOverflow(by: 3)
            if overflows { break }
            length = next
            level += 1
        }
        self.length = length
    }

    /// The number of the range that a time lies in.
    func number(of time: Int64) -> Int64 {
        let (quotient, remainder) = time.quotientAndRemainder(dividingBy: length)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The times of a range; cut off at the ends of time.
    func range(_ number: Int64) -> ClosedRange<Int64> {
        let start = number.multipliedReportingOverflow(by: length)
        let first = start.overflow ? .min : start.partialValue
        let end = first.addingReportingOverflow(length - 1)
        // Only the range at the beginning of time begins before it; it ends where the next begins.
        guard !start.overflow else { return .min...((number + 1) * length - 1) }
        return first...(end.overflow ? .max : end.partialValue)
    }
}
