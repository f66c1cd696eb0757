import Synchronization

/// Which states of a closed set something is in, one series for each state with the value 1 or 0.
///
/// The states are the cases of an enumeration:
///
/// ```swift
/// enum Phase: String, CaseIterable, Sendable { case starting, ready, draining }
///
/// let phase: StateSet<Phase> = try registry.stateSet(
///     "server_phase", help: "What the server is doing.", of: Phase.self)
/// phase.set(.ready)
/// ```
///
/// Exposed as `server_phase{server_phase="ready"} 1` and so on. Every method may be called from any thread.
public final class StateSet<State: CaseIterable & RawRepresentable<String> & Sendable>: Instrument {
    private let enabled = Mutex<Set<String>>([])

    init() {}

    /// Makes the given state the only one that is on.
    public func set(_ state: State) {
        enabled.withLock { $0 = [state.rawValue] }
    }

    /// Turns a state on or off and leaves the others as they are.
    ///
    /// ```swift
    /// phase.turn(.draining, on: true)
    /// ```
    public func turn(_ state: State, on isOn: Bool) {
        enabled.withLock { enabled in
            if isOn { enabled.insert(state.rawValue) } else { enabled.remove(state.rawValue) }
        }
    }

    /// Whether a state is on.
    ///
    /// ```swift
    /// if phase.isOn(.draining) { rebuildIndex() }
    /// ```
    public func isOn(_ state: State) -> Bool {
        enabled.withLock { $0.contains(state.rawValue) }
    }

    /// Turns all states off, for tests.
    public func reset() {
        enabled.withLock { $0 = [] }
    }

    /// The raw values of the states that are on.
    var enabledStates: Set<String> { enabled.withLock { $0 } }
}
