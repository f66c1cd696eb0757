import ApusExposition
import ApusModel
import Synchronization

/// A family that can write itself.
protocol ExposedFamily: Sendable {
    var descriptor: MetricDescriptor { get }
    func write(into writer: inout ExpositionWriter)
}

/// The children of one family, found by their label values.
///
/// Not generic over the children's class, because a generic lock that other modules use unspecialised costs ten times the
/// look-up itself; `MetricFamily` gives the class back.
@usableFromInline
final class ChildTable: ExposedFamily {
    private struct State {
        var index = ChildIndex()
        var children: [any Instrument] = []
        var labels: [RenderedLabels] = []
        /// The children's numbers in the order of their labels; empty when it must be made again.
        var sorted: [Int] = []
    }

    let descriptor: MetricDescriptor
    private let constantLabels: [Label]
    private let makeChild: @Sendable () -> any Instrument
    private let writeChild: @Sendable (any Instrument, [UInt8], inout ExpositionWriter) -> Void
    private let state = Mutex(State())

    /// A family whose children are all of one class.
    init<Child: Instrument>(
        _ descriptor: MetricDescriptor,
        constantLabels: [Label],
        makeChild: @escaping @Sendable () -> Child,
        writeChild: @escaping @Sendable (Child, [UInt8], inout ExpositionWriter) -> Void
    ) {
        self.descriptor = descriptor
        self.constantLabels = constantLabels
        self.makeChild = makeChild
        self.writeChild = { child, labels, writer in
            writeChild(unsafe unsafeDowncast(child, to: Child.self), labels, &writer)
        }
    }

    /// The child with these values, made when it is new; `values` has as many elements as there are label names.
    @usableFromInline
    func child(_ values: Span<String>) -> any Instrument {
        state.withLock { state in
            if let number = state.index.find(values) { return state.children[number] }
            let child = makeChild()
            state.index.add(values)
            state.children.append(child)
            state.labels.append(
                RenderedLabels(names: descriptor.labelNames, values: values, constantLabels: constantLabels))
            state.sorted = []
            return child
        }
    }

    /// Removes the child with these values; `false` when there was none.
    func remove(_ values: Span<String>) -> Bool {
        state.withLock { state in
            guard let number = state.index.find(values) else { return false }
            state.index.remove(number)
            state.children.remove(at: number)
            state.labels.remove(at: number)
            state.sorted = []
            return true
        }
    }

    func removeAll() {
        state.withLock { $0 = State() }
    }

    var count: Int { state.withLock { $0.children.count } }

    func write(into writer: inout ExpositionWriter) {
        // Children are read outside the lock, so that look-ups do not wait for an exposition.
        let (children, labels, order) = state.withLock { state in
            if state.sorted.count != state.children.count {
                let keys = state.labels.map(\.sortKey)
                state.sorted = Array(keys.indices).sorted { keys[$0].lexicographicallyPrecedes(keys[$1]) }
            }
            return (state.children, state.labels, state.sorted)
        }
        guard !children.isEmpty else { return }
        writer.beginFamily(descriptor)
        for number in order { writeChild(children[number], labels[number].text(writer.escaping), &writer) }
    }
}

extension ExpositionWriter {
    mutating func beginFamily(_ descriptor: MetricDescriptor) {
        beginFamily(descriptor.name, type: descriptor.type, help: descriptor.help, unit: descriptor.unit)
    }
}
