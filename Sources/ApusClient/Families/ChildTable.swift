import ApusBytes
import ApusExposition
import ApusModel
import Synchronization

/// A family that can write itself; a class, because sorting and visiting copies of anything else cost more than writing.
protocol ExposedFamily: AnyObject, Sendable {
    var descriptor: MetricDescriptor { get }
    /// The family's name, by which families are sorted.
    var nameBytes: [UInt8] { get }
    func write(into pass: inout ExpositionPass)
}

/// The children of one family, found by their label values.
///
/// Not generic over the children's class, because a generic lock that other modules use unspecialised costs ten times the
/// look-up itself; `MetricFamily` gives the class back.
@usableFromInline
final class ChildTable: ExposedFamily {
    /// Where the names of a child's labels come from.
    enum LabelNames {
        /// The descriptor has them; values are given in their order.
        case declared
        /// Each child has its own: names and values are given in turn, sorted by name.
        case open
    }

    private struct State {
        var index = ChildIndex()
        var children: [any Instrument] = []
        var labels = LabelTexts()
        /// The numbers of the first children in the order of their labels; those added since are not among them.
        var sorted: [Int] = []
    }

    let nameBytes: [UInt8]
    let descriptor: MetricDescriptor
    private let constantLabels: [Label]
    private let labelNames: LabelNames
    private let makeChild: @Sendable () -> any Instrument
    private let writeChild: @Sendable (any Instrument, Span<UInt8>, inout ExpositionPass) -> Void
    private let state = Mutex(State())
    /// Changed only while `state` is locked, so that no child is remembered that was removed.
    private let recent: RecentChildren.ByThread

    /// A family whose children are all of one class.
    init<Child: Instrument>(
        _ descriptor: MetricDescriptor,
        constantLabels: [Label],
        labelNames: LabelNames = .declared,
        makeChild: @escaping @Sendable () -> Child,
        writeChild: @escaping @Sendable (Child, _ labels: Span<UInt8>, inout ExpositionPass) -> Void
    ) {
        self.descriptor = descriptor
        nameBytes = Array(descriptor.name.utf8)
        recent = RecentChildren.ByThread(valueCount: labelNames == .open ? 0 : descriptor.labelNames.count)
        self.constantLabels = constantLabels + descriptor.constantLabels.labels
        self.labelNames = labelNames
        self.makeChild = makeChild
        self.writeChild = { child, labels, pass in
            writeChild(unsafe unsafeDowncast(child, to: Child.self), labels, &pass)
        }
    }

    /// The child with these values, made when it is new; `values` has as many elements as there are label names.
    @usableFromInline
    func child(_ values: Span<String>) -> any Instrument {
        let recent = recent.own
        if let child = recent?.find(values) { return child }
        return find(values, remembering: recent)
    }

    /// Finds a child by the text of its values, or makes it.
    @inline(never)
    private func find(_ values: Span<String>, remembering recent: RecentChildren?) -> any Instrument {
        state.withLock { state in
            let number: Int
            if let found = state.index.find(values) {
                number = found
            } else {
                number = state.children.count
                state.children.append(makeChild())
                state.index.add(values)
                state.labels.append(renderedLabels(values))
            }
            recent?.remember(state.children[number], values, of: state.children.count)
            return state.children[number]
        }
    }

    /// Removes the child with these values; `false` when there was none.
    func remove(_ values: Span<String>) -> Bool {
        state.withLock { state in
            guard let number = state.index.find(values) else { return false }
            remove(number, from: &state)
            return true
        }
    }

    /// Removes the children that have all of the given values, by position.
    ///
    /// - Returns: How many there were.
    func removeAll(matching fixed: [(position: Int, value: String)]) -> Int {
        state.withLock { state in
            let before = state.children.count
            if fixed.isEmpty {
                recent.removeAll()
                state = State()
                return before
            }
            for number in (0..<before).reversed() {
                let values = state.index.values(of: number)
                if fixed.allSatisfy({ values[$0.position] == $0.value }) { remove(number, from: &state) }
            }
            return before - state.children.count
        }
    }

    /// The number of children that have all of the given values, by position.
    func count(matching fixed: [(position: Int, value: String)]) -> Int {
        state.withLock { state in
            if fixed.isEmpty { return state.children.count }
            return (0..<state.children.count).count { number in
                let values = state.index.values(of: number)
                return fixed.allSatisfy { values[$0.position] == $0.value }
            }
        }
    }

    /// Takes every child back to what it was when it was made.
    func resetChildren() {
        for child in state.withLock({ $0.children }) { child.reset() }
    }

    func write(into pass: inout ExpositionPass) {
        // Children are read outside the lock, so that look-ups do not wait for an exposition.
        let (children, labels, order) = state.withLock { state in
            Self.sort(&state)
            return (state.children, state.labels, state.sorted)
        }
        guard !children.isEmpty else { return }
        pass.begin(descriptor)
        let escaping = pass.writer.escaping
        let isAsItIs = RenderedLabels.isAsItIs(escaping, hasPlainNames: labels.hasPlainNames)
        for number in order where pass.admits(labels[number]) {
            if isAsItIs {
                writeChild(children[number], labels[number], &pass)
            } else {
                let text = RenderedLabels.escaped(labels[number], escaping)
                writeChild(children[number], text.span, &pass)
            }
        }
    }

    private func renderedLabels(_ values: Span<String>) -> RenderedLabels {
        switch labelNames {
        case .declared:
            return RenderedLabels(names: descriptor.labelNames, values: values, constantLabels: constantLabels)
        case .open:
            var labels = constantLabels
            for index in stride(from: 0, to: values.count - 1, by: 2) {
                labels.append(Label(name: values[index], value: values[index + 1]))
            }
            return RenderedLabels(labels)
        }
    }

    private func remove(_ number: Int, from state: inout State) {
        recent.removeAll()
        // Numbers change below.
        state.sorted = []
        state.index.remove(number)
        state.labels.remove(number)
        state.children.swapAt(number, state.children.count - 1)
        state.children.removeLast()
    }

    /// Completes the order: the children added since are sorted and merged with the others.
    private static func sort(_ state: inout State) {
        let count = state.children.count
        guard state.sorted.count < count else { return }
        let labels = state.labels
        let precedes = { (a: Int, b: Int) in compareBytes(labels[a], labels[b]) < 0 }
        let added = Array(state.sorted.count..<count).sorted(by: precedes)
        var merged: [Int] = []
        merged.reserveCapacity(count)
        var rest = added[...]
        for number in state.sorted {
            while let next = rest.first, precedes(next, number) { merged.append(rest.removeFirst()) }
            merged.append(number)
        }
        state.sorted = merged + rest
        // A few texts that lie elsewhere cost less than moving all.
        if added.count * 8 >= count { state.labels.arrange(state.sorted) }
    }
}
