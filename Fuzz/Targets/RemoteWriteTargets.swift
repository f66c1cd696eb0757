import ApusClient
import ApusModel
import ApusRemote
import Synchronization

/// Requests of remote write, compressed and not.
enum RemoteWriteTargets {
    static let all = [
        target("remote-write-1", contentType: "application/x-protobuf", seeds: [firstVersionSeed]),
        target(
            "remote-write-2", contentType: "application/x-protobuf;proto=io.prometheus.write.v2.Request",
            seeds: [secondVersionSeed]),
        FuzzTarget("snappy", seeds: [SnappyBlock.compress(Array("aaaaaaaaaaaaabcabcabc".utf8).span)]) { bytes in
            var output: [UInt8] = []
            do throws(SnappyBlock.Failure) {
                try SnappyBlock.decompress(bytes.span, limit: 1 << 20, into: &output)
            } catch {
                demand(output.isEmpty, "a block that is refused leaves \(output.count) bytes")
                return
            }
            var again: [UInt8] = []
            do throws(SnappyBlock.Failure) {
                try SnappyBlock.decompress(SnappyBlock.compress(output.span).span, limit: 1 << 20, into: &again)
            } catch {
                preconditionFailure("what was compressed cannot be decompressed: \(error)")
            }
            demand(again == output, "bytes change when they are compressed again")
        },
    ]

    private static func target(_ name: String, contentType: String, seeds: [[UInt8]]) -> FuzzTarget {
        FuzzTarget(name, seeds: seeds) { bytes in
            let store = CountingStore()
            var limits = RemoteWriteLimits()
            limits.bodyBytes = 1 << 20
            limits.decodedBytes = 1 << 20
            limits.concurrency = 1
            guard
                let receiver = try? RemoteWriteReceiver(
                    store: store, limits: limits, registry: MetricRegistry(), clock: FixedClock())
            else { preconditionFailure("a receiver could not be made") }
            let body = SnappyBlock.compress(bytes.span)
            // The second time the receiver knows the series.
            for _ in 0..<2 {
                let reply = receiver.receive(body: body, contentType: contentType, contentEncoding: "snappy")
                demand(
                    [200, 202, 204, 400, 413].contains(reply.status),
                    "a body is answered with \(reply.status) \(reply.text)")
            }
        }
    }

    /// One series with two samples and an exemplar, and its metadata.
    private static let firstVersionSeed: [UInt8] = {
        let name = message(1, joined(text(1, "__name__"), text(2, "m")))
        let label = message(1, joined(text(1, "a"), text(2, "b")))
        let first = message(2, joined([9], StoreTemplate.littleEndian((1.0).bitPattern), [0x10, 0xE8, 7]))
        let second = message(2, joined([9], StoreTemplate.littleEndian((2.0).bitPattern), [0x10, 0xD0, 0xF]))
        let trace = message(1, joined(text(1, "t"), text(2, "u")))
        let exemplar = message(3, joined(trace, [0x11], StoreTemplate.littleEndian((2.0).bitPattern), [0x18, 0xE8, 7]))
        let metadata = message(3, joined([8, 1], text(2, "m"), text(4, "help")))
        return joined(message(1, joined(name, label, first, second, exemplar)), metadata)
    }()

    /// The same as symbols and references to them.
    private static let secondVersionSeed: [UInt8] = {
        let symbols = ["", "__name__", "m", "a", "b"].map { text(4, $0) }
        let sample = message(2, joined([9], StoreTemplate.littleEndian((1.0).bitPattern), [0x10, 0xE8, 7]))
        let series = message(5, joined(message(1, [1, 2, 3, 4]), sample, message(5, [8, 1])))
        return joined(Array(symbols.joined()), series)
    }()

    private static func text(_ field: UInt8, _ text: String) -> [UInt8] { message(field, Array(text.utf8)) }

    private static func message(_ field: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        joined([field << 3 | 2, UInt8(bytes.count)], bytes)
    }
}

/// A clock at a time that the seeds fit.
struct FixedClock: WallClock {
    func now() -> Int64 { 1_700_000_000_000 }
}

/// Takes everything and checks that it is what a store may be given.
private final class CountingStore: Appendable {
    private let known = Mutex<[LabelSet: UInt64]>([:])

    func resolve(_ labelSets: [LabelSet]) throws(AppendError) -> [SeriesReference] {
        known.withLock { known in
            labelSets.map { labels in
                demand(LabelSet(validating: labels.run) != nil, "labels are out of order")
                let number = known[labels] ?? UInt64(known.count)
                known[labels] = number
                return SeriesReference(rawValue: number)
            }
        }
    }

    func append(_ batch: borrowing SampleBatch) throws(AppendError) -> AppendOutcome {
        let count = batch.references.count
        demand(batch.values.count == count, "\(batch.values.count) values of \(count) series")
        demand(
            batch.timestamps.isEmpty || batch.timestamps.count == count,
            "\(batch.timestamps.count) timestamps of \(count) series")
        var last = -1
        for entry in batch.histograms {
            demand(entry.position > last && entry.position < count, "histograms are out of order")
            last = entry.position
        }
        var outcome = AppendOutcome()
        outcome.appendedCount = count
        return outcome
    }
}
