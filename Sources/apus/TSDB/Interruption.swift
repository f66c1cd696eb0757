import ApusInterchange
import Dispatch
import Glibc
import Synchronization

/// The wish of a user or of the system, told by SIGINT or SIGTERM, that a command ends and leaves nothing half behind.
final class Interruption: Sendable {
    private let number = Atomic<Int32>(0)
    private let grace: Int
    private let atForcedEnd: @Sendable () -> Void

    /// Nothing wished yet.
    ///
    /// - Parameters:
    ///   - grace: the seconds that the work has to notice and clean up; a second signal takes them away.
    ///   - atForcedEnd: removes what the work would have removed.
    init(grace: Int = 10, atForcedEnd: @escaping @Sendable () -> Void = {}) {
        self.grace = grace
        self.atForcedEnd = atForcedEnd
    }

    /// Whether the work is to end.
    var isWished: Bool { number.load(ordering: .relaxed) != 0 }

    /// What the command ends with, as shells expect it; `nil` when nobody wished it.
    var status: Int32? {
        let number = number.load(ordering: .relaxed)
        return number == 0 ? nil : 128 + number
    }

    /// Takes the signals until the watch is cancelled.
    func watch() -> Watch {
        Watch(
            sources: [SIGINT, SIGTERM].map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler { [self] in take(number) }
                source.resume()
                return source
            })
    }

    private func take(_ signal: Int32) {
        let isFirst = number.exchange(signal, ordering: .relaxed) == 0
        guard isFirst, grace > 0 else { return end() }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(grace)) { [self] in end() }
    }

    private func end() {
        DataFolderView.abandonAll()
        atForcedEnd()
        Glibc.exit(status ?? 1)
    }

    /// Ends with the work.
    struct Watch {
        fileprivate let sources: [any DispatchSourceSignal]

        /// Leaves the signals to others.
        func cancel() {
            for source in sources { source.cancel() }
        }
    }
}
