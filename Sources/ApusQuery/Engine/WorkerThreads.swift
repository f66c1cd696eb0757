import Glibc

/// A bounded number of own threads that run jobs in the order of their arrival.
///
/// Threads are started when there is work for them, up to the limit, and end when the object goes away, after the jobs
/// that were submitted. Evaluation runs here: it computes for seconds and blocks on disk, neither of which the cooperative
/// pool's threads may do.
package final class WorkerThreads: Sendable {
    private let shared: Shared

    /// At most `limit` threads.
    package init(limit: Int) {
        shared = Shared(limit: max(1, limit))
    }

    deinit {
        shared.close()
    }

    /// Runs `job` on a thread as soon as one is free.
    package func submit(_ job: @escaping @Sendable () -> Void) {
        shared.submit(job)
    }

    /// What the threads share; it outlives the pool until the last thread has ended.
    ///
    /// Unchecked: all state is touched inside the monitor only.
    private final class Shared: @unchecked Sendable {
        private let monitor = Monitor()
        private let limit: Int
        private var jobs: [@Sendable () -> Void] = []
        private var nextJob = 0
        private var threadCount = 0
        private var idleCount = 0
        private var isClosed = false

        init(limit: Int) {
            self.limit = limit
        }

        func submit(_ job: @escaping @Sendable () -> Void) {
            let (wakes, needsThread) = monitor.locked { () -> (Bool, Bool) in
                jobs.append(job)
                if idleCount >= jobs.count - nextJob { return (true, false) }
                if threadCount >= limit { return (false, false) }
                threadCount += 1
                return (false, true)
            }
            // Outside, so that the woken thread does not have to wait for this one to leave.
            if wakes { monitor.wakeOne() }
            if needsThread, !startThread() {
                // The system refuses a thread: others will do the job, or, without any, the caller does.
                let isAlone = monitor.locked { () -> Bool in
                    threadCount -= 1
                    return threadCount == 0
                }
                if isAlone { runRemaining() }
            }
        }

        func close() {
            monitor.locked {
                isClosed = true
                monitor.wakeAll()
            }
        }

        private func startThread() -> Bool {
            var thread = pthread_t()
            let argument = unsafe Unmanaged.passRetained(self).toOpaque()
            let status = unsafe pthread_create(
                &thread, nil,
                { argument in
                    guard let argument = unsafe argument else { return nil }
                    unsafe Unmanaged<Shared>.fromOpaque(argument).takeRetainedValue().run()
                    return nil
                }, argument)
            if status != 0 {
                unsafe Unmanaged<Shared>.fromOpaque(argument).release()
                return false
            }
            pthread_detach(thread)
            return true
        }

        private func run() {
            // On Linux this is the priority of the thread alone: under load, scraping and storing go before queries.
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
            while let job = nextOrNil(waits: true) { job() }
        }

        private func runRemaining() {
            while let job = nextOrNil(waits: false) { job() }
        }

        private func nextOrNil(waits: Bool) -> (@Sendable () -> Void)? {
            monitor.locked {
                while nextJob == jobs.count {
                    if isClosed || !waits { return nil }
                    idleCount += 1
                    monitor.wait()
                    idleCount -= 1
                }
                let job = jobs[nextJob]
                nextJob += 1
                if nextJob == jobs.count || nextJob > 1_024 {
                    jobs.removeFirst(nextJob)
                    nextJob = 0
                }
                return job
            }
        }
    }
}
