/// The metric families of a target and the lines that describe them now.
struct KnownFamilies {
    /// The lines of one family; `noLine` where there is none.
    struct Description: Equatable {
        var type = KnownFamilies.noLine
        var help = KnownFamilies.noLine
        var unit = KnownFamilies.noLine

        subscript(_ kind: LineKind) -> UInt32 {
            get {
                switch kind {
                case .type: type
                case .help: help
                case .unit: unit
                case .series: KnownFamilies.noLine
                }
            }
            set {
                switch kind {
                case .type: type = newValue
                case .help: help = newValue
                case .unit: unit = newValue
                case .series: break
                }
            }
        }

        var isEmpty: Bool { self == Description() }
    }

    static let noLine = UInt32.max

    private(set) var names: [[UInt8]] = []
    private(set) var descriptions: [Description] = []
    private var numbers: [[UInt8]: UInt32] = [:]
    /// What a body has changed so far, to undo it if the body turns out broken.
    private var changes: [(family: UInt32, before: Description)] = []
    private var countBeforeBody = 0

    /// The number of the family with this name, made when it is new.
    mutating func number(of name: [UInt8]) -> UInt32 {
        if let known = numbers[name] { return known }
        let number = UInt32(names.count)
        names.append(name)
        descriptions.append(Description())
        numbers[name] = number
        return number
    }

    /// Notes that a line of the given kind describes a family.
    @inline(__always)
    mutating func describe(_ family: UInt32, _ kind: LineKind, line: UInt32) {
        guard descriptions[Int(family)][kind] != line else { return }
        changes.append((family, descriptions[Int(family)]))
        descriptions[Int(family)][kind] = line
    }

    mutating func beginBody() {
        changes.removeAll(keepingCapacity: true)
        countBeforeBody = names.count
    }

    /// The families that the body has changed, each once.
    func changedFamilies() -> [UInt32] {
        var seen: Set<UInt32> = []
        return changes.map(\.family).filter { seen.insert($0).inserted }
    }

    /// Takes back what the body has changed.
    mutating func undoBody() {
        for change in changes.reversed() { descriptions[Int(change.family)] = change.before }
        changes.removeAll()
        while names.count > countBeforeBody {
            numbers[names.removeLast()] = nil
            descriptions.removeLast()
        }
    }

    /// Takes over the new numbers of lines and forgets the families of which none is left.
    ///
    /// - Returns: The new number of each family; `noLine` for one that is gone.
    mutating func renumber(lines newNumbers: [UInt32]) -> [UInt32] {
        func renumbered(_ line: UInt32) -> UInt32 { line == Self.noLine ? line : newNumbers[Int(line)] }
        var kept = KnownFamilies()
        var result = [UInt32](repeating: Self.noLine, count: names.count)
        for number in names.indices {
            let old = descriptions[number]
            let new = Description(type: renumbered(old.type), help: renumbered(old.help), unit: renumbered(old.unit))
            guard !new.isEmpty else { continue }
            result[number] = kept.number(of: names[number])
            kept.descriptions[kept.descriptions.count - 1] = new
        }
        self = kept
        return result
    }
}
