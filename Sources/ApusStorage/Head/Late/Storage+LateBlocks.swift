import Synchronization

/// Late samples that are older than what was written to blocks go to blocks of their own, which overlap others.
extension Storage {
    /// How far behind the newest sample of the head a sample may lie that is older than the newest of its series, in milliseconds.
    ///
    /// 0 refuses all of them. Can be changed at any time, as `storage.tsdb.out_of_order_time_window` can.
    package var outOfOrderWindow: Int64 {
        get { lateWindow.load(ordering: .relaxed) }
        set { lateWindow.store(max(0, newValue), ordering: .relaxed) }
    }

    /// The times of the next block of late samples: when another block was just written, or when there are very many of them.
    func dueLateRange(isOpportune: Bool) -> ClosedRange<Int64>? {
        let (oldest, count, boundary) = head.samples.withLock {
            ($0.late.minimumTime, $0.late.count, $0.truncatedBefore)
        }
        // Those beyond the boundary go with what came in order.
        guard oldest < boundary, isOpportune || count > options.maximumLateSamples / 2 else { return nil }
        let range = blockRange(around: oldest)
        return range.lowerBound...min(range.upperBound, boundary - 1)
    }

    /// The range of a block that has a time in it.
    func blockRange(around time: Int64) -> ClosedRange<Int64> {
        let length = max(1, options.blockRange)
        let remainder = time % length
        let (start, overflow) = time.subtractingReportingOverflow(remainder < 0 ? remainder + length : remainder)
        if overflow { return .min...(.min + length - 1) }
        let (end, isBeyond) = start.addingReportingOverflow(length - 1)
        return start...(isBeyond ? .max : end)
    }

    /// Refuses samples in order that are not beyond a range from now on.
    ///
    /// - Returns: the newest batch, which is the last to count for a block of the range.
    func closeRange(_ range: ClosedRange<Int64>) -> UInt64 {
        appender.withLock { appender in
            appender.truncatedBefore = max(appender.truncatedBefore, range.upperBound.nextMillisecond)
            return head.samples.withLock { $0.sequence }
        }
    }
}
