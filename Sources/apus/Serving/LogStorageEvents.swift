import ApusStorage
import Logging

extension Logger {
    /// Logs what the store has to say.
    func log(_ event: StorageEvent) {
        let level: Logger.Level =
            switch event.severity {
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
        log(level: level, "\(event.description)")
    }
}
