import Glibc

/// A few threads of our own for the work of scrapes that computes or blocks: decompressing, parsing, appending.
///
/// Neither the cooperative pool nor an event loop ever waits for a disk because of a scrape. Work runs in the order in
/// which it comes. The threads end when the last reference goes away.
package final class ScrapeWorkers: Sendable {
    private let queue: WorkQueue
    /// How many threads there are.
    package let threadCount: Int

    /// Starts `threadCount` threads, at least one; goes on with fewer when the system gives no more.
    ///
    /// - Throws: when the system gives no thread at all.
    package init(threadCount: Int) throws(ScrapeWorkersError) {
        queue = WorkQueue()
        var started = 0
        var reason: CInt = 0
        for _ in 0..<max(1, threadCount) {
            reason = queue.startThread()
            if reason == 0 { started += 1 }
        }
        if started == 0 { throw ScrapeWorkersError(errorNumber: reason) }
        self.threadCount = started
    }

    deinit {
        queue.close()
    }

    /// Runs `work` on one of the threads and waits for it without blocking.
    package func run<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.push { continuation.resume(returning: work()) }
        }
    }
}

/// No thread could be started.
package struct ScrapeWorkersError: Error, Sendable, CustomStringConvertible {
    /// The system's error number.
    package let errorNumber: CInt

    package var description: String {
        let reason = unsafe strerror(errorNumber).map { unsafe String(cString: $0) } ?? "error \(errorNumber)"
        return "no thread for scrapes could be started: \(reason)"
    }
}

/// What the threads share; it outlives the executor until the last thread has ended.
///
/// `@unchecked`: everything mutable is only touched while `mutex` is held.
@safe
private final class WorkQueue: @unchecked Sendable {
    typealias Work = @Sendable () -> Void

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let hasWork: UnsafeMutablePointer<pthread_cond_t>
    /// A queue in two halves: taken from the end of `outgoing`, which is the reversed older part.
    private var incoming: [Work] = []
    private var outgoing: [Work] = []
    private var isClosed = false

    init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe hasWork = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(hasWork, nil)
    }

    deinit {
        unsafe pthread_mutex_destroy(mutex)
        unsafe pthread_cond_destroy(hasWork)
        unsafe mutex.deallocate()
        unsafe hasWork.deallocate()
    }

    func push(_ work: @escaping Work) {
        unsafe pthread_mutex_lock(mutex)
        incoming.append(work)
        unsafe pthread_mutex_unlock(mutex)
        unsafe pthread_cond_signal(hasWork)
    }

    func close() {
        unsafe pthread_mutex_lock(mutex)
        isClosed = true
        unsafe pthread_mutex_unlock(mutex)
        unsafe pthread_cond_broadcast(hasWork)
    }

    /// The next piece of work, waited for; `nil` when the queue is closed and empty.
    private func pop() -> Work? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            if let work = outgoing.popLast() { return work }
            if !incoming.isEmpty {
                outgoing = incoming.reversed()
                incoming.removeAll(keepingCapacity: true)
                continue
            }
            if isClosed { return nil }
            unsafe pthread_cond_wait(hasWork, mutex)
        }
    }

    private func runWork() {
        while let work = pop() { work() }
    }

    /// - Returns: 0, or the system's error number.
    func startThread() -> CInt {
        let box = unsafe Unmanaged.passRetained(self)
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread, nil,
            { argument in
                if let argument = unsafe argument {
                    let queue = unsafe Unmanaged<WorkQueue>.fromOpaque(argument).takeRetainedValue()
                    queue.runWork()
                }
                return nil
            }, box.toOpaque())
        if result == 0 {
            pthread_detach(thread)
        } else {
            unsafe box.release()
        }
        return result
    }
}
