package import ApusClient
package import ApusModel
import Synchronization

/// Takes remote-write requests and stores what they bring.
///
/// What can be stored of a request is stored, also when the rest is refused. Source: the remote write specifications 1.0
/// and 2.0; words and codes are those of Prometheus' receiver.
package final class RemoteWriteReceiver: Sendable {
    private let limits: RemoteWriteLimits
    private let metrics: RemoteWriteMetrics
    private let storing: WriteStoring
    private let metadata: MetadataStoring
    private let workplaces: [Workplace]

    /// The memory that one request needs at a time.
    private final class Workplace: Sendable {
        let memory = Mutex(Memory())

        struct Memory {
            var decoded: [UInt8] = []
            var staged = StagedRequest()
        }
    }

    /// A receiver that stores into `store` and registers its metrics.
    ///
    /// - Throws: when the registry has one of the metrics already.
    package init(
        store: any Appendable, limits: RemoteWriteLimits = RemoteWriteLimits(), registry: MetricRegistry,
        clock: any WallClock = SystemWallClock()
    ) throws(MetricError) {
        self.limits = limits
        metrics = try RemoteWriteMetrics(registry: registry)
        storing = WriteStoring(store: store, limits: limits, clock: clock)
        metadata = MetadataStoring(store: store, clock: clock)
        workplaces = (0..<max(1, limits.concurrency)).map { _ in Workplace() }
    }

    /// Decodes and stores the body of one request.
    ///
    /// Blocks until everything that can be stored is durable: call it from a thread of its own, not from an event loop
    /// nor from the cooperative pool. May be called from several threads at once.
    ///
    /// - Parameters:
    ///   - body: The body as it came, compressed.
    ///   - contentType: The header of that name; without one the body is taken for remote write 1.0.
    ///   - contentEncoding: The header of that name; without one the body is taken for snappy.
    package func receive(body: [UInt8], contentType: String?, contentEncoding: String?) -> RemoteWriteReply {
        let begun = ContinuousClock.now
        let reply = answer(body, contentType: contentType, contentEncoding: contentEncoding)
        let parts = begun.duration(to: .now).components
        metrics.duration.observe(Double(parts.seconds) + Double(parts.attoseconds) * 1e-18)
        metrics.requests["\(reply.status)"].increment()
        return reply
    }

    /// The largest body that is taken, in bytes as sent; one that is longer need not be read to its end.
    package var bodyLimit: Int { limits.bodyBytes }

    private func answer(_ body: [UInt8], contentType: String?, contentEncoding: String?) -> RemoteWriteReply {
        let message: WriteMessage
        do throws(UnacceptableBody) {
            message = try WriteMessage.named(by: contentType)
            try WriteMessage.checkEncoding(contentEncoding)
        } catch {
            return RemoteWriteReply(status: 415, text: error.text)
        }
        guard body.count <= limits.bodyBytes else {
            return RemoteWriteReply(
                status: 413, text: "request body of \(body.count) bytes exceeds the limit of \(limits.bodyBytes)")
        }
        for workplace in workplaces {
            if let reply = workplace.memory.withLockIfAvailable({ store(body, as: message, in: &$0) }) { return reply }
        }
        return workplaces[0].memory.withLock { store(body, as: message, in: &$0) }
    }

    private func store(
        _ body: [UInt8], as message: WriteMessage, in memory: inout Workplace.Memory
    ) -> RemoteWriteReply {
        do throws(SnappyBlock.Failure) {
            try SnappyBlock.decompress(body.span, limit: limits.decodedBytes, into: &memory.decoded)
        } catch {
            if case .tooLarge = error { return RemoteWriteReply(status: 413, text: error.description) }
            return RemoteWriteReply(status: 400, text: error.description)
        }
        // A reference of its own, so that the columns can change while the request is read.
        let request = memory.decoded
        memory.staged.removeAll()
        var reader = WriteRequestReader(message, itemLimit: limits.samples)
        let written: WriteOutcome
        do throws(UnreadableRequest) {
            try reader.read(request.span, into: &memory.staged)
            written = try storing.store(&memory.staged, request: request.span)
            rememberMetadata(memory.staged, request.span)
        } catch {
            return RemoteWriteReply(status: 400, text: error.text)
        }
        if memory.decoded.capacity > 1 << 24 { memory.decoded = [] }
        count(written)
        return reply(to: message, written)
    }

    private func rememberMetadata(_ staged: borrowing StagedRequest, _ request: Span<UInt8>) {
        let outcome = metadata.store(staged.metadata, request: request)
        metrics.metadata.increment(by: outcome.taken)
        metrics.invalidMetadata.increment(by: outcome.invalid + staged.badMetadataCount)
    }

    private func count(_ written: WriteOutcome) {
        metrics.samples.increment(by: written.samples)
        metrics.histograms.increment(by: written.histograms)
        metrics.exemplars.increment(by: written.exemplars)
        metrics.resolvedSeries.increment(by: written.resolvedSeries)
        metrics.cacheBytes.set(Double(storing.cacheBytes))
        for reason in WriteRefusals.Reason.allCases where written.refusals[reason] > 0 {
            metrics.refused[reason.rawValue].increment(by: written.refusals[reason])
        }
        metrics.invalidLabels.increment(by: written.refusals[.invalidLabels])
    }

    private func reply(to message: WriteMessage, _ written: WriteOutcome) -> RemoteWriteReply {
        var reply = RemoteWriteReply(status: 204)
        if let failure = written.failure {
            reply = RemoteWriteReply(status: 500, text: failure)
        } else if !written.refusals.isEmpty {
            reply = RemoteWriteReply(status: 400, text: written.refusals.text)
        }
        if message == .version2 {
            let prefix = "X-Prometheus-Remote-Write-"
            reply.fields = [
                .init(name: prefix + "Samples-Written", value: "\(written.samples)"),
                .init(name: prefix + "Histograms-Written", value: "\(written.histograms)"),
                .init(name: prefix + "Exemplars-Written", value: "\(written.exemplars)"),
            ]
        }
        return reply
    }
}
