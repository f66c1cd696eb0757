import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Synchronization

/// Requests at a steady rate, whatever the answers take.
struct Load: Service {
    /// A target that hangs must not collect requests without end.
    private static let maximumRunning = 100

    let url: String
    /// The time from one request to the next.
    let interval: Duration
    /// The number of requests; `nil` for no end.
    let total: Int?

    /// Sends until all is sent or the program is told to end, and prints what came back.
    func run() async {
        await cancelWhenGracefulShutdown { await send() }
    }

    private func send() async {
        let answers = Answers()
        var due = ContinuousClock.now
        await withDiscardingTaskGroup { group in
            var begun = 0
            while !Task.isCancelled, begun < total ?? .max {
                if begun - answers.count < Self.maximumRunning {
                    group.addTask { answers.note(await Self.request(url)) }
                    begun += 1
                    if begun.isMultiple(of: 100) { answers.report() }
                }
                due = due.advanced(by: interval)
                try? await ContinuousClock().sleep(until: due)
            }
        }
        answers.report()
    }

    /// The status of the answer; `nil` without one.
    private static func request(_ url: String) async -> UInt? {
        do {
            let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(10))
            for try await _ in response.body {}
            return response.status.code
        } catch {
            return nil
        }
    }
}

/// How requests were answered.
private final class Answers: Sendable {
    private struct State {
        var byStatus: [UInt: Int] = [:]
        var missing = 0
        var count: Int { byStatus.values.reduce(missing, +) }
    }

    private let state = Mutex(State())

    var count: Int { state.withLock { $0.count } }

    /// Notes the status of an answer, or that there was none.
    func note(_ status: UInt?) {
        state.withLock { state in
            if let status { state.byStatus[status, default: 0] += 1 } else { state.missing += 1 }
        }
    }

    func report() {
        let state = state.withLock { $0 }
        let parts = state.byStatus.sorted { $0.key < $1.key }.map { "\($0.value) with status \($0.key)" }
        print("\(state.count) requests: \((parts + ["\(state.missing) without answer"]).joined(separator: ", "))")
        fflush(nil)
    }
}
