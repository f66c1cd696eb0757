import ApusModel
import ApusQuery

/// The series of a matrix as a JSON array, cut within series where they are long.
struct MatrixPieces: BodyPieces {
    /// Where in the current series the next piece goes on.
    private enum Stage {
        case labels
        case values
        case histograms
    }

    /// Points are written in runs of this many between two looks at the size of the piece.
    private static let pointsPerRun = 256

    private let series: [MatrixSeries]
    private var next = 0
    private var stage = Stage.labels
    /// The next point of the series, or the next of its histograms.
    private var position = 0
    private var isFirstOfList = true

    /// The pieces of a matrix, in the order given.
    init(_ series: [MatrixSeries]) {
        self.series = series
    }

    mutating func append(to bytes: inout [UInt8], upTo size: Int) -> Bool {
        if next == 0, stage == .labels { bytes.append(UInt8(ascii: "[")) }
        while next < series.count {
            if bytes.count >= size { return true }
            switch stage {
            case .labels:
                if next > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONText.append(literal: "{\"metric\":", to: &bytes)
                JSONText.append(series[next].labels, to: &bytes)
                let samples = series[next].samples
                if samples.histograms.isEmpty || samples.histograms.count < samples.count {
                    open(.values, ",\"values\":[", &bytes)
                } else {
                    open(.histograms, ",\"histograms\":[", &bytes)
                }
            case .values:
                appendValues(to: &bytes)
            case .histograms:
                appendHistogram(to: &bytes)
            }
        }
        bytes.append(UInt8(ascii: "]"))
        return false
    }

    private mutating func open(_ list: Stage, _ text: StaticString, _ bytes: inout [UInt8]) {
        JSONText.append(literal: text, to: &bytes)
        stage = list
        position = 0
        isFirstOfList = true
    }

    private mutating func closeSeries(_ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "}"))
        next += 1
        stage = .labels
    }

    private mutating func appendValues(to bytes: inout [UInt8]) {
        let samples = series[next].samples
        let count = samples.count
        let end = min(count, position + Self.pointsPerRun)
        if samples.histograms.isEmpty {
            PointText.append(
                samples.timestamps.span.extracting(position..<end), samples.values.span.extracting(position..<end),
                isFirst: isFirstOfList, to: &bytes)
            isFirstOfList = end == 0
        } else {
            let histograms = samples.histograms
            // The first histogram at or after the run; runs are short, so this is rare and cheap.
            var histogram = histograms.firstIndex { $0.position >= position } ?? histograms.endIndex
            for index in position..<end {
                if histogram < histograms.endIndex, histograms[histogram].position == index {
                    histogram += 1
                    continue
                }
                PointText.append(
                    samples.timestamps.span.extracting(index..<(index + 1)),
                    samples.values.span.extracting(index..<(index + 1)), isFirst: isFirstOfList, to: &bytes)
                isFirstOfList = false
            }
        }
        position = end
        guard position == count else { return }
        bytes.append(UInt8(ascii: "]"))
        if samples.histograms.isEmpty {
            closeSeries(&bytes)
        } else {
            open(.histograms, ",\"histograms\":[", &bytes)
        }
    }

    private mutating func appendHistogram(to bytes: inout [UInt8]) {
        let samples = series[next].samples
        let entry = samples.histograms[position]
        if position > 0 { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "["))
        JSONText.append(timestamp: samples.timestamps[entry.position], to: &bytes)
        bytes.append(UInt8(ascii: ","))
        HistogramText.append(entry.histogram, to: &bytes)
        bytes.append(UInt8(ascii: "]"))
        position += 1
        guard position == samples.histograms.count else { return }
        bytes.append(UInt8(ascii: "]"))
        closeSeries(&bytes)
    }
}
