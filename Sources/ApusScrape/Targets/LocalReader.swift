import ApusHTTP
import Synchronization

/// Asks one target within this process, one question at a time and no longer than a scrape may take.
final class LocalReader: Sendable {
    private let target: any LocalTarget
    private let url: String
    /// Whether an answer is still waited for, also by nobody any more.
    private let isBusy = Atomic(false)

    init(_ target: any LocalTarget, url: String) {
        self.target = target
        self.url = url
    }

    /// The target's answer.
    ///
    /// A target that has not answered an earlier scrape yet is not asked again: what hangs must not pile up.
    ///
    /// - Parameter timeout: milliseconds.
    /// - Throws: `timedOut`, `bodyTooLarge`, or `cancelled`.
    func read(accept: String, timeout: Int64, bodyLimit: Int) async throws(HTTPFetchError) -> LocalExposition {
        guard isBusy.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged else {
            throw .timedOut(url: url)
        }
        let (answers, answer) = AsyncStream.makeStream(of: LocalExposition?.self, bufferingPolicy: .bufferingOldest(1))
        // Not a child: a scrape does not wait for an answer that comes too late.
        Task { [self] in
            let exposition = await target.expose(accept: accept)
            isBusy.store(false, ordering: .releasing)
            answer.yield(exposition)
        }
        let limit = Task {
            do { try await Task.sleep(for: .milliseconds(max(0, timeout))) } catch { return }
            answer.yield(nil)
        }
        defer { limit.cancel() }
        for await first in answers {
            guard let first else { throw .timedOut(url: url) }
            guard first.body.count <= bodyLimit else { throw .bodyTooLarge(limit: bodyLimit) }
            return first
        }
        throw .cancelled
    }
}
