import ApusModel
import ApusStorage

/// A decoder or parser that takes bytes of anybody's making.
///
/// `run` must come back from every input: what it finds is a trap, a failed precondition, a time-out or too much memory.
package struct FuzzTarget: Sendable {
    /// The name on the command line and of the corpus' folder.
    package let name: String
    /// Inputs that reach into the decoder, which the fuzzer begins with beside those of the corpus.
    package let seeds: [[UInt8]]
    /// Takes one input.
    package let run: @Sendable ([UInt8]) -> Void

    init(_ name: String, seeds: [[UInt8]] = [], _ run: @escaping @Sendable ([UInt8]) -> Void) {
        self.name = name
        self.seeds = seeds
        self.run = run
    }

    /// All targets; those that read files use the folder at `path`, which is theirs alone.
    package static func all(folder path: String) -> [FuzzTarget] {
        ColumnTargets.all + TextTargets.all + RemoteWriteTargets.all + StoreTargets.all(folder: path)
            + RollupTargets.all(folder: path) + PrometheusTargets.all(folder: path)
    }

    /// Removes the folder of `all`.
    package static func removeAll(folder path: String) {
        Files.empty(path)
        // The folder is empty; one that stays does no harm.
        _ = try? Folder.remove(path)
    }
}

/// Fails in the way that a fuzzer notices.
func demand(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { preconditionFailure(message()) }
}

/// Whether two columns hold the same samples, to the bit.
func areEqual(_ a: SampleColumns, _ b: SampleColumns) -> Bool {
    a.timestamps == b.timestamps && a.values.map(\.bitPattern) == b.values.map(\.bitPattern)
        && a.histograms.map(\.position) == b.histograms.map(\.position)
        && zip(a.histograms, b.histograms).allSatisfy { "\($0.histogram)" == "\($1.histogram)" }
}
