import Logging

extension Logger {
    /// A logger for one part of the program, at the same level.
    func component(_ name: String) -> Logger {
        var logger = Logger(label: name)
        logger.logLevel = logLevel
        return logger
    }
}
