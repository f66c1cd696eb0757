import Synchronization

extension Storage {
    /// Writes sealed chunks to a file when there are enough of them, and a checkpoint when the log has grown; a failure is reported, and
    /// it is tried again later, after a minute at most.
    ///
    /// Blocks on disk; appending and queries go on meanwhile. To be called every second or so.
    package func tendHead() {
        let now = monotonicMilliseconds()
        if headFiles.withLock({ $0.retry.isWaiting(now: now) }) { return }
        let (sealedBytes, logBytes) = (
            head.samples.withLock { $0.sealedBytes }, counters.logBytes.load(ordering: .relaxed)
        )
        do throws(FileError) {
            let isCheckpointDue = headFiles.withLock { logBytes - $0.checkpointedLogBytes >= options.checkpointLogSize }
            if isCheckpointDue {
                try checkpointHead()
            } else if sealedBytes >= options.maximumSealedBytes {
                try headFiles.withLock { files throws(FileError) in try files.writeChunks(of: head) }
            }
            headFiles.withLock { $0.retry.noteSuccess() }
        } catch {
            headFiles.withLock { $0.retry.noteFailure(now: monotonicMilliseconds()) }
            counters.checkpointFailures.add(1, ordering: .relaxed)
            report(.failed(operation: "writing the head to files", reason: error.description))
        }
    }

    /// Begins a new segment of the log and writes a checkpoint that stands for those before.
    func checkpointHead() throws(FileError) {
        try headFiles.withLock { files throws(FileError) in
            let begun = try appender.withLock { appender throws(FileError) -> (segment: UInt64, bytes: Int)? in
                if appender.isClosed { return nil }
                try appender.log.rotate()
                counters.note(appender)
                return (appender.log.segment, appender.log.writtenBytes)
            }
            guard let begun else { return }
            try files.writeCheckpoint(begun.segment, logBytes: begun.bytes, logFolder: "\(folder)/wal", head: head)
        }
    }
}
