import ApusBytes
import ApusExposition
import ApusModel

/// One family of a collector, with the values of one exposition.
final class CollectedFamily: ExposedFamily {
    let descriptor: MetricDescriptor
    let nameBytes: [UInt8]
    private let samples: [(labels: RenderedLabels, sample: CollectedSamples.Sample)]

    /// Renders and sorts the samples; throws when two have the same labels.
    init(
        _ descriptor: MetricDescriptor,
        samples: [CollectedSamples.Sample],
        constantLabels: [Label]
    ) throws(MetricError) {
        self.descriptor = descriptor
        nameBytes = Array(descriptor.name.utf8)
        var rendered = samples.map { sample in
            let labels = RenderedLabels(
                names: descriptor.labelNames, values: sample.labels.span,
                constantLabels: constantLabels + descriptor.constantLabels.labels)
            return (labels: labels, sample: sample)
        }
        rendered.sort { $0.labels.text.lexicographicallyPrecedes($1.labels.text) }
        for index in rendered.indices.dropFirst()
        where rendered[index].labels.text == rendered[index - 1].labels.text {
            throw .duplicateSample(metric: descriptor.name)
        }
        self.samples = rendered
    }

    func write(into pass: inout ExpositionPass) {
        guard !samples.isEmpty else { return }
        pass.begin(descriptor)
        for (labels, sample) in samples where pass.admits(labels.text.span) {
            let text = labels.text(pass.writer.escaping)
            switch sample.value {
            case .number(let value):
                pass.writer.appendSample(labels: text.span, value: value, timestamp: sample.timestamp)
            case .histogram(let histogram):
                pass.write(
                    buckets: histogram.bucketCounts, of: HistogramLayout(upperBounds: histogram.upperBounds),
                    count: histogram.count, sum: histogram.sum, text.span, timestamp: sample.timestamp)
            case .summary(let summary):
                Self.write(summary, text.span, sample.timestamp, into: &pass)
            }
        }
    }

    private static func write(
        _ summary: SummarySnapshot, _ labels: Span<UInt8>, _ timestamp: Int64?, into pass: inout ExpositionPass
    ) {
        let style: NumberText.FloatStyle = pass.writer.format == .openMetrics ? .openMetrics : .general
        let quantiles = summary.quantiles.map { quantile in
            (label: Array("quantile=\"\(NumberText.string(quantile.share, style))\"".utf8), value: quantile.value)
        }
        pass.write(quantiles: quantiles, sum: summary.sum, count: summary.count, labels, timestamp: timestamp)
    }
}

/// A family of one series whose value a closure reads.
final class CallbackFamily: ExposedFamily {
    let descriptor: MetricDescriptor
    let nameBytes: [UInt8]
    private let labels: RenderedLabels
    private let read: @Sendable () -> Double

    init(_ descriptor: MetricDescriptor, constantLabels: [Label], read: @escaping @Sendable () -> Double) {
        self.descriptor = descriptor
        nameBytes = Array(descriptor.name.utf8)
        self.read = read
        labels = RenderedLabels(constantLabels + descriptor.constantLabels.labels)
    }

    func write(into pass: inout ExpositionPass) {
        let value = read()
        guard descriptor.kind.allows(value) else {
            pass.failures.append(MetricError.invalidValue(metric: descriptor.name, value: value).description)
            return
        }
        let labels = labels
        guard pass.admits(labels.text.span) else { return }
        pass.begin(descriptor)
        let text = labels.text(pass.writer.escaping)
        pass.writer.appendSample(labels: text.span, value: value)
    }
}
