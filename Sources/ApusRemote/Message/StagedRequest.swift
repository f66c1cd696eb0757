import ApusBytes
import ApusModel

/// What one remote-write request brings, read but not stored; reused from request to request.
struct StagedRequest {
    /// A series with samples, by the bytes of its labels.
    struct Series {
        /// Where the label fields lie: in the request, or in `madeKeys`.
        var key: Range<Int>
        var isKeyMade: Bool
        /// What the cache knows the key by.
        var fingerprint: SeriesFingerprint
        /// Where its samples lie in the columns.
        var samples: Range<Int>
        var state = State.unresolved

        enum State: Equatable {
            case unresolved
            case known(SeriesReference)
            case refused
        }
    }

    /// The series that have samples or exemplars, in the order of the request.
    var series: [Series] = []
    /// Label fields that do not lie together in the request: those of a 2.0 request, or of a sender with its own order.
    var madeKeys = ByteWriter()
    /// Milliseconds since the epoch, one per sample.
    var timestamps: [Int64] = []
    /// One per sample; NaN where a histogram stands.
    var values: [Double] = []
    /// The histograms among the samples, by ascending position.
    var histograms: [SampleColumns.PositionedHistogram] = []
    /// What is wrong with histograms that were not staged, and with labels, each with the number of the series.
    var badHistograms: [(series: Int, error: HistogramError)] = []
    var badLabels: [(series: Int, text: String)] = []
    /// The exemplars, with the number of their series, ascending.
    var exemplars: [(series: Int, exemplar: Exemplar)] = []
    /// Exemplars that were left out because of their labels.
    var badExemplarCount = 0
    /// What is said of metric families.
    var metadata: [StagedMetadata] = []
    /// Metadata that was left out because it names texts that the request does not have.
    var badMetadataCount = 0

    /// The number of samples.
    var count: Int { timestamps.count }

    /// The number of samples, exemplars and refused histograms.
    var itemCount: Int { timestamps.count + exemplars.count + badHistograms.count + badExemplarCount }

    /// Forgets everything; memory is kept unless an unusually large request made it.
    mutating func removeAll() {
        let largest = 1 << 18
        let keeps = timestamps.capacity <= largest && madeKeys.bytes.capacity <= largest * 64
        series.removeAll(keepingCapacity: keeps)
        madeKeys.bytes.removeAll(keepingCapacity: keeps)
        timestamps.removeAll(keepingCapacity: keeps)
        values.removeAll(keepingCapacity: keeps)
        histograms.removeAll(keepingCapacity: keeps)
        badHistograms.removeAll()
        badLabels.removeAll()
        exemplars.removeAll()
        badExemplarCount = 0
        metadata.removeAll(keepingCapacity: keeps && metadata.capacity <= largest)
        badMetadataCount = 0
    }

    /// Reads the labels of a series.
    func labelSet(of number: Int, in request: Span<UInt8>) throws(LabelFields.Problem) -> LabelSet {
        let series = series[number]
        let fields = series.isKeyMade ? madeKeys.bytes.span : request
        return try LabelFields.labelSet(fields.extracting(series.key), needsMetricName: true)
    }

    /// The labels of a series for messages.
    func labelText(of number: Int, in request: Span<UInt8>) -> String {
        let series = series[number]
        let fields = series.isKeyMade ? madeKeys.bytes.span : request
        return LabelFields.text(fields.extracting(series.key))
    }
}
