import ApusBytes
import ApusModel
import ApusPromQL

extension Evaluator {
    /// `sort` and its kin: an order for the answer of an instant query.
    func sort(_ call: FunctionCall, on grid: StepGrid) throws(QueryError) -> any SeriesSource {
        let base = try vector(call.arguments[0], on: grid)
        // Histograms have no order of value, and are left out.
        let isByValue = call.function == .sort || call.function == .sortDesc
        guard evaluation.step == 0, grid.count == 1 else {
            evaluation.annotate(.ineffectiveSort, at: call.range.start)
            return isByValue ? MappedSource(floatsOf: base, dropsName: false) { _ in } : base
        }
        let rows = try materialise(base, on: grid)
        let isDescending = call.function == .sortDesc || call.function == .sortByLabelDesc
        var order = rows.series.indices.filter { index in
            rows.rows[index].isPresent(at: 0) && !(isByValue && rows.rows[index].isHistogram(at: 0))
        }
        if isByValue {
            // NaN comes last in both directions.
            order.sort { a, b in
                let (left, right) = (rows.rows[a].values[0], rows.rows[b].values[0])
                if left.isNaN || right.isNaN { return !left.isNaN && right.isNaN }
                return isDescending ? left > right : left < right
            }
        } else {
            var names: [String] = []
            for argument in call.arguments.dropFirst() { names.append(try string(argument)) }
            let labels = rows.series.map(\.labels)
            let keys = labels.map { set in names.map { Array((set[$0] ?? "").utf8) } }
            order.sort { a, b in
                for index in names.indices {
                    let (left, right) = (keys[a][index], keys[b][index])
                    let comparison = NaturalOrder.compare(left.span, right.span)
                    if comparison != 0 { return isDescending ? comparison > 0 : comparison < 0 }
                }
                return isDescending ? labels[b] < labels[a] : labels[a] < labels[b]
            }
        }
        return RowSource(series: order.map { rows.series[$0] }, rows: order.map { rows.rows[$0] })
    }
}

/// The order in which people expect texts with numbers: `cpu2` before `cpu10`.
enum NaturalOrder {
    /// Below, at, or above zero.
    static func compare(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Int {
        var left = 0
        var right = 0
        while left < a.count, right < b.count {
            if isDigit(a[left]), isDigit(b[right]) {
                let leftEnd = endOfDigits(a, from: left)
                let rightEnd = endOfDigits(b, from: right)
                let leftNumber = withoutZeros(a, left..<leftEnd)
                let rightNumber = withoutZeros(b, right..<rightEnd)
                if leftNumber.count != rightNumber.count { return leftNumber.count - rightNumber.count }
                let order = compareBytes(a.extracting(leftNumber), b.extracting(rightNumber))
                if order != 0 { return order }
                if leftEnd - left != rightEnd - right { return (leftEnd - left) - (rightEnd - right) }
                left = leftEnd
                right = rightEnd
            } else {
                if a[left] != b[right] { return Int(a[left]) - Int(b[right]) }
                left += 1
                right += 1
            }
        }
        return (a.count - left) - (b.count - right)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func endOfDigits(_ text: Span<UInt8>, from start: Int) -> Int {
        var end = start
        while end < text.count, isDigit(text[end]) { end += 1 }
        return end
    }

    private static func withoutZeros(_ text: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        while start < range.upperBound - 1, text[start] == UInt8(ascii: "0") { start += 1 }
        return start..<range.upperBound
    }
}
