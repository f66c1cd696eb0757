import ApusBytes
import ApusModel

/// Reads the bodies of one target, and remembers their lines.
///
/// A target exposes the same series in the same order every time. So each line is first compared with the one that
/// followed the line before in the last body; only where they differ is the series' text scanned, hashed and looked up,
/// after which the comparison goes on from the place of the line that was found. Only a series never seen is read
/// into labels. Neither of the first two ways allocates.
///
/// A body is read whole or not at all: after an error the reader is as it was before. Not safe for use from several
/// threads at once; each target has a reader of its own.
package struct ExpositionReader: ~Copyable, Sendable {
    var known = KnownLines()
    var series = KnownSeries()
    var families = KnownFamilies()
    /// The lines of the last body in their order.
    var order: [UInt32] = []
    /// The lines of the body that is being read, once its order differs from the last; then `hasDeviated`.
    var newOrder: [UInt32] = []
    var hasDeviated = false
    var seriesText = SeriesText()
    var family = FamilyMessage()
    var metric = MetricMessage()
    var metricLabels = MetricLabels()
    /// The number of bodies read without error.
    var generation: UInt32 = 0
    /// The limits that every known series was checked against.
    private var checkedLimits = ExpositionLimits.none

    /// A reader that knows no series.
    package init() {}

    /// The number of series that the reader knows.
    package var seriesCount: Int { series.count }

    /// Reads a body into columns, whose content is replaced.
    ///
    /// - Parameters:
    ///   - body: The whole body; it need not end with a newline.
    ///   - format: The body's format.
    ///   - limits: Bounds that the body may not exceed.
    ///   - histograms: What is taken of histograms that are native, as only protocol buffers have them.
    ///   - scraped: Filled with the samples; empty after an error.
    /// - Throws: `ExpositionError` with the place of the first problem.
    package mutating func read(
        _ body: Span<UInt8>,
        format: ExpositionFormat,
        limits: ExpositionLimits = .none,
        histograms: HistogramReading = .classic,
        into scraped: inout ScrapedBody
    ) throws(ExpositionError) {
        scraped.removeAll()
        families.beginBody()
        hasDeviated = false
        newOrder.removeAll(keepingCapacity: true)
        let lineCount = known.lines.count
        do throws(ReadFailure) {
            switch format {
            case .text, .openMetrics: try readLines(body, format: format, limits: limits, into: &scraped)
            case .protobuf: try readFamilies(body, limits: limits, histograms: histograms, into: &scraped)
            }
            if limits != checkedLimits { try checkSeries(of: scraped, limits) }
        } catch {
            families.undoBody()
            known.truncate(toLineCount: lineCount)
            if !scraped.newSlots.isEmpty { series.remove(scraped.newSlots) }
            scraped.removeAll()
            throw ExpositionError(error, in: body, format: format)
        }
        checkedLimits = limits
        finishBody(&scraped)
    }
}

/// What is taken of a histogram that a target exposes in its native form, and perhaps in its classic form, too.
package struct HistogramReading: Sendable, Hashable {
    /// Whether native histograms are taken; otherwise their classic form is.
    package var takesNative: Bool
    /// Whether the classic form is taken beside the native one.
    package var keepsClassic: Bool

    /// The classic form only.
    package static let classic = HistogramReading(takesNative: false, keepsClassic: false)

    /// A choice of the forms.
    package init(takesNative: Bool, keepsClassic: Bool) {
        self.takesNative = takesNative
        self.keepsClassic = keepsClassic
    }
}
