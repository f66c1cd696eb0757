import ApusClient
import CoreMetrics

/// A handler of this backend, which knows what it is called.
protocol RegistryHandler: AnyObject, Sendable {
    var identity: InstrumentIdentity { get }
}

final class RegistryCounter: CounterHandler, RegistryHandler {
    let identity: InstrumentIdentity
    private let counter: ApusClient.Counter

    init(_ identity: InstrumentIdentity, counter: ApusClient.Counter) {
        self.identity = identity
        self.counter = counter
    }

    func increment(by amount: Int64) {
        counter.increment(by: Int(amount))
    }

    func reset() {
        counter.reset()
    }
}

final class RegistryFloatCounter: FloatingPointCounterHandler, RegistryHandler {
    let identity: InstrumentIdentity
    private let counter: ApusClient.Counter

    init(_ identity: InstrumentIdentity, counter: ApusClient.Counter) {
        self.identity = identity
        self.counter = counter
    }

    func increment(by amount: Double) {
        counter.increment(by: amount)
    }

    func reset() {
        counter.reset()
    }
}

final class RegistryMeter: MeterHandler, RegistryHandler {
    let identity: InstrumentIdentity
    private let gauge: ApusClient.Gauge

    init(_ identity: InstrumentIdentity, gauge: ApusClient.Gauge) {
        self.identity = identity
        self.gauge = gauge
    }

    func set(_ value: Int64) {
        gauge.set(Double(value))
    }

    func set(_ value: Double) {
        gauge.set(value)
    }

    func increment(by amount: Double) {
        gauge.increment(by: amount)
    }

    func decrement(by amount: Double) {
        gauge.decrement(by: amount)
    }
}

final class RegistryRecorder: RecorderHandler, RegistryHandler {
    let identity: InstrumentIdentity
    private let histogram: Histogram

    init(_ identity: InstrumentIdentity, histogram: Histogram) {
        self.identity = identity
        self.histogram = histogram
    }

    func record(_ value: Int64) {
        histogram.observe(Double(value))
    }

    func record(_ value: Double) {
        histogram.observe(value)
    }
}

/// A recorder that keeps the newest value only, which swift-metrics calls a gauge.
final class RegistryGaugeRecorder: RecorderHandler, RegistryHandler {
    let identity: InstrumentIdentity
    private let gauge: ApusClient.Gauge

    init(_ identity: InstrumentIdentity, gauge: ApusClient.Gauge) {
        self.identity = identity
        self.gauge = gauge
    }

    func record(_ value: Int64) {
        gauge.set(Double(value))
    }

    func record(_ value: Double) {
        gauge.set(value)
    }
}

final class RegistryTimer: TimerHandler, RegistryHandler {
    let identity: InstrumentIdentity
    private let histogram: Histogram

    init(_ identity: InstrumentIdentity, histogram: Histogram) {
        self.identity = identity
        self.histogram = histogram
    }

    func recordNanoseconds(_ duration: Int64) {
        histogram.observe(Double(duration) * 1e-9)
    }
}
