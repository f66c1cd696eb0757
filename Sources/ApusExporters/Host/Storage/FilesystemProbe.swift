import Dispatch
import Glibc
import Synchronization

/// Asks for the sizes of file systems with a limit of time, since one on a network may never answer.
///
/// One background thread goes from mount point to mount point. When one does not answer in time the thread is left to it, the
/// mount point is not asked again until that thread comes back, and another thread goes on with the rest: so there are never more
/// waiting threads than mount points that hang.
package final class FilesystemProbe: Sendable {
    /// What is known of a file system.
    package enum Answer: Sendable {
        /// It answered.
        case sizes(Sizes)
        /// The system's error number.
        case failed(Int32)
        /// It did not answer in time.
        case hangs
    }

    /// Sizes in bytes and numbers of files.
    package struct Sizes: Sendable {
        var total: Double
        var free: Double
        var available: Double
        var files: Double
        var freeFiles: Double

        /// Sizes of the given parts.
        package init(total: Double, free: Double, available: Double, files: Double, freeFiles: Double) {
            self.total = total
            self.free = free
            self.available = available
            self.files = files
            self.freeFiles = freeFiles
        }
    }

    /// What asks a file system; tests give their own.
    package typealias Ask = @Sendable (_ path: String) -> Answer

    private let ask: Ask
    private let hanging = Mutex<Set<String>>([])
    private let limit: Duration
    private let totalLimit: Duration

    /// A probe that knows of no file system that hangs.
    ///
    /// - Parameters:
    ///   - limit: the longest wait for one file system.
    ///   - totalLimit: the longest wait for all.
    ///   - ask: what asks one, and may not come back.
    package init(
        limit: Duration = .seconds(2), totalLimit: Duration = .seconds(4),
        ask: @escaping Ask = FilesystemProbe.statistics
    ) {
        self.limit = limit
        self.totalLimit = totalLimit
        self.ask = ask
    }

    /// One answer for each path; blocks for the longest wait at most.
    func answers(_ paths: [String]) -> [Answer] {
        var answers: [Answer] = []
        let end = ContinuousClock.now + totalLimit
        var walk = Walk(paths, from: 0, of: self)
        for (index, path) in paths.enumerated() {
            let left = min(limit, max(.zero, ContinuousClock.now.duration(to: end)))
            if let answer = walk.answer(at: index, within: left) {
                answers.append(answer)
                continue
            }
            if let answer = walk.abandon(at: index, { hang(path) }) {
                answers.append(answer)
            } else {
                answers.append(.hangs)
            }
            walk = Walk(paths, from: index + 1, of: self)
        }
        return answers
    }

    private func isHanging(_ path: String) -> Bool { hanging.withLock { $0.contains(path) } }

    private func hang(_ path: String) { hanging.withLock { _ = $0.insert(path) } }

    private func cameBack(_ path: String) { hanging.withLock { _ = $0.remove(path) } }

    /// One thread's way through the paths.
    private final class Walk: Sendable {
        private struct State {
            var answers: [Int: Answer] = [:]
            var isAbandoned = false
        }

        private let state = Mutex(State())
        private let arrivals = DispatchSemaphore(value: 0)

        init(_ paths: [String], from start: Int, of probe: FilesystemProbe) {
            guard start < paths.count else { return }
            // A queue of its own takes a thread of its own: the shared ones are few, and what hangs would keep them from others.
            DispatchQueue(label: "apus.exporter.filesystem").async { [self] in
                for index in start..<paths.count {
                    let path = paths[index]
                    let answer = probe.isHanging(path) ? Answer.hangs : probe.ask(path)
                    let goesOn = state.withLock { state in
                        state.answers[index] = answer
                        return !state.isAbandoned
                    }
                    if !goesOn {
                        probe.cameBack(path)
                        return
                    }
                    arrivals.signal()
                }
            }
        }

        /// Answers arrive in the order of the paths.
        func answer(at index: Int, within limit: Duration) -> Answer? {
            let parts = limit.components
            let nanoseconds = Int(clamping: parts.seconds) &* 1_000_000_000 &+ Int(parts.attoseconds / 1_000_000_000)
            _ = arrivals.wait(timeout: .now() + .nanoseconds(nanoseconds))
            return state.withLock { $0.answers[index] }
        }

        /// Leaves the thread to the file system that it waits for, of which `note` is told before the thread can come back;
        /// its answer, should it have come at the last moment.
        func abandon(at index: Int, _ note: () -> Void) -> Answer? {
            state.withLock { state in
                state.isAbandoned = true
                if let answer = state.answers[index] { return answer }
                note()
                return nil
            }
        }
    }

    /// Asks the system.
    package static func statistics(_ path: String) -> Answer {
        var facts = statvfs()
        guard unsafe statvfs(path, &facts) == 0 else { return .failed(errno) }
        let unit = Double(facts.f_frsize)
        return .sizes(
            Sizes(
                total: Double(facts.f_blocks) * unit, free: Double(facts.f_bfree) * unit,
                available: Double(facts.f_bavail) * unit, files: Double(facts.f_files),
                freeFiles: Double(facts.f_ffree)))
    }
}
