import Glibc

/// Measures how much processor time of a thread goes into one piece of work, without what pieces inside it measured for
/// themselves.
///
/// `begin` and `end` come in pairs on one thread, properly nested. A pair costs two reads of the thread's clock, well
/// below a microsecond.
@safe enum WorkClock {
    /// A piece of work that has begun.
    struct Frame {
        fileprivate let start: Int64
        fileprivate let innerOfParent: Int
    }

    /// The time that pieces inside the current one took, held in the thread's own slot as the bits of a pointer.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        unsafe pthread_key_create(&key, nil)
        return key
    }()

    /// Begins a piece of work on this thread.
    static func begin() -> Frame {
        let frame = Frame(start: now(), innerOfParent: inner)
        inner = 0
        return frame
    }

    /// Ends a piece of work.
    ///
    /// - Returns: its own processor time in nanoseconds.
    static func end(_ frame: Frame) -> Int {
        let elapsed = max(0, Int(now() - frame.start))
        let own = max(0, elapsed - inner)
        inner = frame.innerOfParent + elapsed
        return own
    }

    private static var inner: Int {
        get { unsafe Int(bitPattern: pthread_getspecific(key)) }
        set { unsafe pthread_setspecific(key, UnsafeRawPointer(bitPattern: newValue)) }
    }

    private static func now() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
