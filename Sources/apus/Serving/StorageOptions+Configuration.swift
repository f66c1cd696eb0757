import ApusConfig
import ApusStorage

extension StorageOptions {
    /// Takes over what the configuration's `storage` section says; as with Prometheus it counts before the flags.
    mutating func apply(_ configuration: StorageConfiguration?) {
        guard let configuration else { return }
        if let window = configuration.outOfOrderTimeWindow { outOfOrderWindow = window }
        if let count = configuration.maxExemplars { maximumExemplars = max(0, count) }
        guard let retention = configuration.retention else { return }
        if let time = retention.time, time > 0 { self.retention = time }
        if let size = retention.size { retentionBytes = Int(clamping: size) }
        if let percentage = retention.percentage { retentionPercentage = percentage }
    }
}
