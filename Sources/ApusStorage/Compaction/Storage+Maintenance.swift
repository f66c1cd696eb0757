import Dispatch
import Synchronization

extension Storage {
    /// Syncs the log, compacts and removes what is too old, at their intervals, until the task is cancelled.
    ///
    /// The work is done on threads of its own, never on the cooperative pool. Failures are reported and tried again.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                await self.repeatEvery(max(10, self.options.syncInterval), on: "apus.storage.sync") {
                    self.synchronize()
                }
            }
            group.addTask { await self.repeatEvery(Self.headInterval, on: "apus.storage.head") { self.tendHead() } }
            group.addTask {
                await self.repeatEvery(Self.compactionCheckInterval, on: "apus.storage.compaction") { self.maintain() }
            }
            group.addTask {
                // By itself: bringing blocks together takes long, and the head must not wait for it.
                await self.repeatEvery(Self.compactionCheckInterval, on: "apus.storage.blocks") {
                    self.compactBlocks()
                }
            }
        }
    }

    /// Compacts the head and removes what is too old, if any of it is due; a failure is reported, and the head tried again after 10 s, longer
    /// each time, up to 5 minutes.
    package func maintain() {
        let now = monotonicMilliseconds()
        if !compaction.withLock({ $0.retry.isWaiting(now: now) }) {
            do throws(CompactionError) {
                try compact()
                compaction.withLock { $0.retry.noteSuccess() }
            } catch {
                compaction.withLock { $0.retry.noteFailure(now: monotonicMilliseconds()) }
                report(.failed(operation: error.operation, reason: error.reason))
            }
        }
        removeExpiredBlocks()
        tendGrowth()
    }

    /// Milliseconds between looks at whether something of the head is to be written to files.
    private static let headInterval: Int64 = 1_000
    /// Milliseconds between looks at whether a block is due.
    private static let compactionCheckInterval: Int64 = 10_000

    private func repeatEvery(_ milliseconds: Int64, on label: String, _ work: @escaping @Sendable () -> Void) async {
        let queue = DispatchQueue(label: label)
        while !Task.isCancelled {
            do { try await Task.sleep(for: .milliseconds(milliseconds)) } catch { return }
            await withCheckedContinuation { continuation in
                queue.async {
                    work()
                    continuation.resume()
                }
            }
        }
    }
}
