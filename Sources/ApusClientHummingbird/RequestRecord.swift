import ApusClient
import HTTPTypes
import HummingbirdCore
import NIOCore
import Synchronization

/// One request that is being answered.
///
/// It is counted once: when the answer was written, or when the record goes because nobody will write it.
final class RequestRecord: Sendable {
    private let instruments: RequestInstruments
    private let start = ContinuousClock.now
    private let method: HTTPRequest.Method
    private let requestSize: Int?
    private let answer = Mutex((code: 500, route: String?.none))
    private let responseSize = Atomic<Int>(0)
    private let isFinished = Atomic(false)

    init(_ instruments: RequestInstruments, method: HTTPRequest.Method, requestSize: Int?) {
        self.instruments = instruments
        self.method = method
        self.requestSize = requestSize
        instruments.inFlight?.increment()
    }

    deinit {
        finish()
    }

    /// Says what the answer is, before it is written.
    func answered(code: Int, route: String?) {
        answer.withLock { $0 = (code, route) }
    }

    /// Says that bytes of the answer were written.
    func wrote(_ count: Int) {
        responseSize.wrappingAdd(count, ordering: .relaxed)
    }

    /// Counts the request.
    func finish() {
        guard !isFinished.exchange(true, ordering: .relaxed) else { return }
        instruments.inFlight?.decrement()
        let (code, route) = answer.withLock { $0 }
        instruments.record(
            RequestInstruments.Outcome(
                code: code, method: method, route: route, duration: start.duration(to: .now), requestSize: requestSize,
                responseSize: responseSize.load(ordering: .relaxed)))
    }
}

/// Counts what is written of an answer.
struct CountingWriter: ResponseBodyWriter {
    var base: any ResponseBodyWriter
    let record: RequestRecord

    @concurrent
    mutating func write(_ buffer: ByteBuffer) async throws {
        record.wrote(buffer.readableBytes)
        try await base.write(buffer)
    }

    @concurrent
    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await base.finish(trailingHeaders)
    }
}
