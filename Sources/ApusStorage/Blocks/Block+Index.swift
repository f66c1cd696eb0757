import ApusBytes
import ApusModel

/// What the index of a block holds: all offsets are checked, although the checksums were right.
extension Block {
    /// Appends the flat run of a series' label set.
    func appendLabels(of number: UInt32, to writer: inout ByteWriter) throws(QueryableError) {
        let result: QueryableError? = try forEachPair(of: number) { name, value in
            do throws(QueryableError) {
                writer.appendLengthPrefixed(try text(of: name))
                writer.appendLengthPrefixed(try text(of: value))
                return nil
            } catch {
                return error
            }
        }
        if let result { throw result }
        try demandWholeIndex()
    }

    /// The label set of a series.
    func labelSet(of number: UInt32) throws(QueryableError) -> LabelSet {
        var writer = ByteWriter(capacity: 256)
        try appendLabels(of: number, to: &writer)
        // A copy of the exact length: the writer's buffer has room to spare.
        return LabelSet(uncheckedRun: unsafe writer.bytes.withUnsafeBufferPointer { unsafe Array($0) })
    }

    /// Calls `body` with every value of a label, in order, and the place of its list.
    func forEachValue(
        of name: String, _ body: (_ value: UInt32, _ text: Span<UInt8>, PostingsPlace) -> Void
    ) throws(QueryableError) {
        guard let name = try symbol(of: name) else { return }
        var position = try firstPosting(name: name, value: 0)
        while position < postingCount {
            let posting = try posting(position)
            guard posting.name == name else { break }
            body(posting.value, try text(of: posting.value), posting.place)
            position += 1
        }
        try demandWholeIndex()
    }

    /// Calls `body` with every label name, in order.
    func forEachName(_ body: (_ text: Span<UInt8>) -> Void) throws(QueryableError) {
        var position = 0
        while position < postingCount {
            let name = try posting(position).name
            body(try text(of: name))
            var next = try firstPosting(name: name, value: .max)
            if next < postingCount, try posting(next).name == name { next += 1 }
            // Among postings that are in no order the search may lead back, and round and round.
            guard next > position else { throw damage(index.path, "its postings are not in order") }
            position = next
        }
        try demandWholeIndex()
    }

    /// Where a list lies and how long it is.
    struct PostingsPlace {
        var offset: UInt32
        var count: UInt32
    }

    // MARK: Symbols

    @_lifetime(borrow self)
    func text(of symbol: UInt32) throws(QueryableError) -> Span<UInt8> {
        Span<UInt8>(_bytes: indexBytes(try entryRange(Int(symbol), of: sections.symbols, "symbol")))
    }

    func symbol(of text: String) throws(QueryableError) -> UInt32? {
        let wanted = Array(text.utf8)
        var low: UInt32 = 0
        var high = UInt32(sections.symbols.count)
        while low < high {
            let middle = low + (high - low) / 2
            let order = compareBytes(try self.text(of: middle), wanted.span)
            if order == 0 { return middle }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    // MARK: Postings

    private var postingCount: Int { sections.postings.count }

    private struct Posting {
        var name: UInt32
        var value: UInt32
        var place: PostingsPlace
    }

    private func posting(_ position: Int) throws(QueryableError) -> Posting {
        let range = sections.postings.range
        let start = 4 + BlockFormat.postingLength * position
        guard start + BlockFormat.postingLength <= range.count else {
            throw damage(index.path, "posting \(position) is outside its section")
        }
        return Posting(
            name: word(range, start), value: word(range, start + 4),
            place: PostingsPlace(offset: word(range, start + 8), count: word(range, start + 12)))
    }

    /// The position of the first posting at or after a pair.
    private func firstPosting(name: UInt32, value: UInt32) throws(QueryableError) -> Int {
        var low = 0
        var high = postingCount
        while low < high {
            let middle = (low + high) / 2
            let posting = try posting(middle)
            if (posting.name, posting.value) < (name, value) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func list(_ place: PostingsPlace) throws(QueryableError) -> [UInt32] {
        let range = sections.postings.range
        let lists = 4 + BlockFormat.postingLength * postingCount + Int(place.offset)
        guard lists <= range.count, place.count <= header.seriesCount else {
            throw damage(index.path, "a list of series is outside its section")
        }
        let bytes = indexBytes((range.lowerBound + lists)..<range.upperBound)
        let list: [UInt32]
        do throws(ByteError) {
            list = try PostingsList.read(bytes, count: Int(place.count), version: header.version)
        } catch {
            throw damage(index.path, "a list of series ends early")
        }
        try demandWholeIndex()
        return list
    }

    /// Where a text or an entry lies in the index: a section begins with the number of them and where each begins and the last ends.
    func entryRange(
        _ number: Int, of section: BlockSections.Section, _ what: StaticString
    ) throws(QueryableError) -> Range<Int> {
        let entries = 4 + 4 * (section.count + 1)
        guard number < section.count, entries <= section.range.count else {
            throw damage(index.path, "\(what) \(number) is out of range")
        }
        let start = entries + Int(word(section.range, 4 + 4 * number))
        let end = entries + Int(word(section.range, 8 + 4 * number))
        guard start <= end, end <= section.range.count else {
            throw damage(index.path, "\(what) \(number) is outside its section")
        }
        return (section.range.lowerBound + start)..<(section.range.lowerBound + end)
    }

    /// The integer at an offset of a section, 0 beyond its end, which the checks above then refuse.
    func word(_ section: Range<Int>, _ offset: Int) -> UInt32 {
        guard offset >= 0, offset + 4 <= section.count else { return 0 }
        let bytes = indexBytes((section.lowerBound + offset)..<(section.lowerBound + offset + 4))
        return UInt32(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: 0, as: UInt32.self))
    }
}

extension Block: PostingsSource {
    var seriesBound: Int { Int(header.seriesCount) }

    func allSeries() -> [UInt32] {
        Array(0..<header.seriesCount)
    }

    func series(name: String, values: [String]) throws(QueryableError) -> [UInt32] {
        guard let name = try symbol(of: name) else { return [] }
        var union = PostingsUnion(bound: seriesBound)
        for value in Set(values.map { Array($0.utf8) }) {
            guard let value = try symbol(of: String(decoding: value, as: UTF8.self)) else { continue }
            let position = try firstPosting(name: name, value: value)
            guard position < postingCount else { continue }
            let posting = try posting(position)
            if posting.name == name, posting.value == value { union.add(try list(posting.place)) }
        }
        return union.list()
    }

    func series(name: String, where isSelected: (Span<UInt8>) -> Bool) throws(QueryableError) -> [UInt32] {
        var places: [PostingsPlace] = []
        try forEachValue(of: name) { _, text, place in
            if isSelected(text) { places.append(place) }
        }
        var union = PostingsUnion(bound: seriesBound)
        for place in places { union.add(try list(place)) }
        return union.list()
    }

    // Lists have to be decoded.
    var longestListPerCandidate: Int { 16 }

    func count(name: String, values: [String]) throws(QueryableError) -> Int {
        guard let name = try symbol(of: name) else { return 0 }
        var count = 0
        for value in values {
            guard let value = try symbol(of: value) else { continue }
            let position = try firstPosting(name: name, value: value)
            guard position < postingCount else { continue }
            let posting = try posting(position)
            if posting.name == name, posting.value == value { count += Int(posting.place.count) }
        }
        return count
    }

    func isLarger(name: String, than limit: Int) throws(QueryableError) -> Bool {
        guard let name = try symbol(of: name) else { return false }
        var position = try firstPosting(name: name, value: 0)
        var size = 0
        while position < postingCount, size <= limit {
            let posting = try posting(position)
            guard posting.name == name else { break }
            size += Int(posting.place.count) + Postings.valueCost
            position += 1
        }
        return size > limit
    }

    func filter(
        _ candidates: [UInt32], name: String, where isSelected: (Span<UInt8>) -> Bool
    ) throws(QueryableError) -> [UInt32] {
        let isEmptySelected = isSelected([UInt8]().span)
        guard let name = try symbol(of: name) else { return isEmptySelected ? candidates : [] }
        var memory = ValueMemory()
        var result: [UInt32] = []
        for number in candidates {
            guard let value = try forEachPair(of: number, { $0 == name ? $1 : nil }) else {
                if isEmptySelected { result.append(number) }
                continue
            }
            let text = try text(of: value)
            if memory.answer(for: value, { isSelected(text) }) { result.append(number) }
        }
        try demandWholeIndex()
        return result
    }
}
