import ApusClient
import ApusConfig
import ApusModel
import Synchronization

/// The configuration in force, and how the last attempt to change it went.
///
/// A reload reads and checks everything before anything is changed; when that fails the old configuration stays.
final class ConfigurationStore: Sendable {
    /// What is known of the configuration at one moment.
    struct State: Sendable {
        var configuration: Configuration
        /// The configuration as the API shows it: defaults filled in, secrets hidden.
        var text: String
        /// When it was read, in milliseconds since the epoch.
        var loadTime: Int64
        /// Whether the last attempt succeeded.
        var lastReloadSucceeded = true
    }

    private let path: String?
    private let builtIn: @Sendable () -> Configuration
    private let clock: any WallClock
    private let metrics: ServerMetrics
    private let state: Mutex<State>

    /// Reads the file at `path`, or takes the built-in configuration when there is none.
    init(
        path: String?, clock: any WallClock, metrics: ServerMetrics,
        builtIn: @escaping @Sendable () -> Configuration
    ) throws(ConfigurationError) {
        self.path = path
        self.builtIn = builtIn
        self.clock = clock
        self.metrics = metrics
        let configuration = if let path { try Configuration.load(path: path) } else { builtIn() }
        state = Mutex(State(configuration: configuration, text: configuration.text, loadTime: clock.now()))
        note(succeeded: true)
    }

    /// The state as it is now.
    var current: State { state.withLock { $0 } }

    /// Reads the configuration again without putting it in force; blocks while files are read.
    func read() throws(ConfigurationError) -> Configuration {
        if let path { try Configuration.load(path: path) } else { builtIn() }
    }

    /// Takes note that a configuration could not be read or put in force.
    func noteFailedReload() {
        state.withLock { $0.lastReloadSucceeded = false }
        note(succeeded: false)
    }

    /// Puts a configuration in force that was read before.
    func commit(_ configuration: Configuration) {
        let state = State(configuration: configuration, text: configuration.text, loadTime: clock.now())
        self.state.withLock { $0 = state }
        note(succeeded: true)
    }

    private func note(succeeded: Bool) {
        metrics.lastReloadSucceeded.set(succeeded ? 1 : 0)
        if succeeded { metrics.lastReloadTime.set(Double(current.loadTime) / 1_000) }
    }
}
