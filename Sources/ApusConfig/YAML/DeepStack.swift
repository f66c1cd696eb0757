import Glibc

/// Runs recursive work on a thread with a stack of known size.
///
/// The YAML library recurses once per nesting level; the stack of the calling thread may be anything.
enum DeepStack {
    /// Virtual memory reserved for the stack; only what is touched becomes real.
    private static let bytes = 256 << 20

    /// The result of `work`, computed on another thread while this one waits.
    static func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) -> Result {
        let task = Task(work)
        var attributes = pthread_attr_t()
        unsafe pthread_attr_init(&attributes)
        unsafe pthread_attr_setstacksize(&attributes, bytes)
        defer { unsafe pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(task as AnyObject)
        let status = unsafe pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let task = unsafe Unmanaged<AnyObject>.fromOpaque(argument).takeRetainedValue()
                (task as? any Runnable)?.run()
                return nil
            }, context.toOpaque())
        guard status == 0 else {
            // No thread to be had: the caller's own stack serves as well for files of ordinary depth.
            unsafe context.release()
            return work()
        }
        pthread_join(thread, nil)
        return task.result ?? work()
    }

    private protocol Runnable: AnyObject {
        func run()
    }

    /// Unchecked: `result` is written by the thread before it ends and read after it was joined.
    private final class Task<Result: Sendable>: Runnable, @unchecked Sendable {
        private let work: @Sendable () -> Result
        private(set) var result: Result?

        init(_ work: @escaping @Sendable () -> Result) {
            self.work = work
        }

        func run() {
            result = work()
        }
    }
}
