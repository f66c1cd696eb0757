import FuzzTargets

/// The target of this run; set once, before libFuzzer, which runs it on one thread, begins.
nonisolated(unsafe) var chosen: FuzzTarget?
