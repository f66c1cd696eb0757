import ApusExposition
import ApusModel

/// One family of a collector, with the values of one exposition.
struct CollectedFamily: ExposedFamily {
    let descriptor: MetricDescriptor
    private let samples: [(labels: RenderedLabels, value: Double)]

    /// Renders and sorts the samples; throws when two have the same labels.
    init(
        _ descriptor: MetricDescriptor,
        samples: [CollectedSamples.Sample],
        constantLabels: [Label]
    ) throws(MetricError) {
        self.descriptor = descriptor
        var rendered = samples.map { sample in
            let labels = RenderedLabels(
                names: descriptor.labelNames, values: sample.labels.span, constantLabels: constantLabels)
            return (labels: labels, value: sample.value)
        }
        rendered.sort { $0.labels.sortKey.lexicographicallyPrecedes($1.labels.sortKey) }
        for index in rendered.indices.dropFirst()
        where rendered[index].labels.sortKey == rendered[index - 1].labels.sortKey {
            throw .duplicateSample(metric: descriptor.name)
        }
        self.samples = rendered
    }

    func write(into writer: inout ExpositionWriter) {
        guard !samples.isEmpty else { return }
        writer.beginFamily(descriptor)
        for sample in samples { writer.appendSample(labels: sample.labels.text(writer.escaping), value: sample.value) }
    }
}

/// A family without labels whose value a closure reads.
struct CallbackFamily: ExposedFamily {
    let descriptor: MetricDescriptor
    private let labels: RenderedLabels
    private let read: @Sendable () -> Double

    init(_ descriptor: MetricDescriptor, constantLabels: [Label], read: @escaping @Sendable () -> Double) {
        self.descriptor = descriptor
        self.read = read
        let noValues: [String] = []
        labels = RenderedLabels(names: [], values: noValues.span, constantLabels: constantLabels)
    }

    func write(into writer: inout ExpositionWriter) {
        writer.beginFamily(descriptor)
        writer.appendSample(labels: labels.text(writer.escaping), value: read())
    }
}
