import Glibc

/// A mutex with a condition: for own threads that wait, which those of the cooperative pool never may.
///
/// Unchecked: the two objects of the operating system are made for use from many threads, have a fixed address, and live
/// as long as the monitor.
@safe final class Monitor: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init() {
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe pthread_cond_init(condition, nil)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Runs `body` while no other thread is inside; `body` may call `wait`.
    func locked<Result>(_ body: () -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Leaves the monitor until another thread calls `wakeAll` or `wakeOne`; only inside `locked`.
    func wait() {
        unsafe pthread_cond_wait(condition, mutex)
    }

    /// Wakes one waiting thread.
    func wakeOne() {
        unsafe pthread_cond_signal(condition)
    }

    /// Wakes all waiting threads.
    func wakeAll() {
        unsafe pthread_cond_broadcast(condition)
    }
}
