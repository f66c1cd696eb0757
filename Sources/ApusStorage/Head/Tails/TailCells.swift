/// Memory for the newest, unsealed bytes of many series: cells of two sizes, given back and used again.
///
/// A cell is known by its number; nothing is allocated per series. The series of a scrape fill and empty their cells together, so that
/// more sizes would leave most cells of each size unused most of the time. Bytes are written in whole words: a cell has room for
/// seven more than are used.
@safe
struct TailCells: @unchecked Sendable {
    // Sendable: a value is changed only by the one who holds the head's lock, and there is only one value with the same pages.
    /// The bytes of the largest cell.
    static let maximumSize = 192
    /// The bytes of the smaller cells: a constant fits, and whatever changes now and then.
    static let smallestSize = 96
    private static let classCount = 2
    private static let pageSize = 1 << 16
    /// Cells begin at multiples of this.
    private static let grain = 16

    /// The pages; freed with the last reference.
    @safe
    private final class Pages {
        private var all: [UnsafeMutableRawPointer] = unsafe []

        func add() -> UnsafeMutableRawPointer {
            let page = UnsafeMutableRawPointer.allocate(byteCount: TailCells.pageSize, alignment: 16)
            unsafe page.initializeMemory(as: UInt8.self, repeating: 0, count: TailCells.pageSize)
            unsafe all.append(page)
            return unsafe page
        }

        deinit {
            var index = 0
            while index < (unsafe all.count) {
                unsafe all[index].deallocate()
                index += 1
            }
        }
    }

    /// The page that the cells of a size are taken from, and how much of it is taken.
    private struct SizeClass {
        var page: UInt32 = 0
        var used = TailCells.pageSize
        var free: [UInt32] = []
    }

    private let owner = Pages()
    private var pages: [UnsafeMutableRawPointer] = unsafe []
    private var classes = Array(repeating: SizeClass(), count: classCount)

    private static let sizes = [smallestSize, maximumSize]

    /// No cell.
    static let none = UInt32.max

    /// The bytes of memory of all cells.
    var memoryBytes: Int { unsafe pages.count * Self.pageSize + classes.reduce(0) { $0 + $1.free.capacity * 4 } }

    /// Whether so much is unused that moving what is used to new cells is worth it.
    var isSparse: Bool {
        let unused = classes.indices.reduce(0) { $0 + classes[$1].free.count * Self.sizes[$1] }
        return unused > 1 << 20 && unused * 2 > memoryBytes
    }

    /// The size of a cell; 0 for none.
    @inline(__always)
    func size(of cell: UInt32) -> Int {
        cell == Self.none ? 0 : (cell & 3 == 0 ? Self.smallestSize : Self.maximumSize)
    }

    /// A cell of at least so many bytes, at most `maximumSize`.
    mutating func take(size: Int) -> UInt32 {
        precondition(size <= Self.maximumSize)
        let number = size <= Self.smallestSize ? 0 : 1
        if let cell = classes[number].free.popLast() { return cell }
        if classes[number].used + Self.sizes[number] > Self.pageSize {
            unsafe pages.append(owner.add())
            classes[number].page = UInt32(unsafe pages.count - 1)
            classes[number].used = 0
            // 16 GB of tails are those of a hundred million series.
            precondition(classes[number].page < 1 << 18)
        }
        let offset = UInt32(classes[number].used / Self.grain)
        classes[number].used += Self.sizes[number]
        return classes[number].page << 14 | offset << 2 | UInt32(number)
    }

    /// Gives a cell back.
    mutating func giveBack(_ cell: UInt32) {
        guard cell != Self.none else { return }
        classes[Int(cell & 3)].free.append(cell)
    }

    /// Moves the first `count` bytes of a cell to one of at least `size` bytes, and gives the old one back.
    mutating func grow(_ cell: UInt32, count: Int, to size: Int) -> UInt32 {
        let larger = take(size: size)
        if count > 0 {
            precondition(count <= self.size(of: cell))
            unsafe start(of: larger).copyMemory(from: start(of: cell), byteCount: count)
        }
        giveBack(cell)
        return larger
    }

    /// The first bytes of a cell.
    func bytes(of cell: UInt32, count: Int) -> [UInt8] {
        var result: [UInt8] = []
        append(cell, count: count, to: &result)
        return result
    }

    /// Appends the first bytes of a cell.
    @inline(__always)
    func append(_ cell: UInt32, count: Int, to output: inout [UInt8]) {
        guard cell != Self.none, count > 0 else { return }
        precondition(count <= size(of: cell))
        unsafe output.append(contentsOf: UnsafeRawBufferPointer(start: start(of: cell), count: count))
    }

    /// Calls `body` with the first bytes of a cell.
    @inline(__always)
    func withBytes<Result>(of cell: UInt32, count: Int, _ body: (RawSpan) -> Result) -> Result {
        guard cell != Self.none else { return body(RawSpan()) }
        precondition(count <= size(of: cell))
        let bytes = unsafe UnsafeRawBufferPointer(start: start(of: cell), count: count)
        return body(unsafe bytes.bytes)
    }

    /// Fills a cell from its beginning.
    mutating func fill(_ cell: UInt32, with bytes: RawSpan) {
        precondition(bytes.byteCount <= size(of: cell))
        unsafe bytes.withUnsafeBytes { source in
            guard let from = source.baseAddress else { return }
            unsafe start(of: cell).copyMemory(from: from, byteCount: source.count)
        }
    }

    /// Overwrites the eight bytes of a cell from a position on.
    @inline(__always)
    mutating func write(_ word: UInt64, to cell: UInt32, at position: Int) {
        precondition(position >= 0 && position + 8 <= size(of: cell))
        unsafe start(of: cell).storeBytes(of: word.littleEndian, toByteOffset: position, as: UInt64.self)
    }

    @inline(__always)
    private func start(of cell: UInt32) -> UnsafeMutableRawPointer {
        unsafe pages[Int(cell >> 14)] + Int(cell >> 2 & 0xFFF) * Self.grain
    }
}
