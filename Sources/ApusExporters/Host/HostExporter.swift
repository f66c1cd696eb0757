import ApusModel
import Synchronization

/// What node-exporter tells of a host, read when it is scraped.
///
/// Nothing runs between two scrapes. A collector that fails leaves its metrics out and says so in
/// `node_scrape_collector_success`; a file system that hangs holds up a scrape for some seconds at most.
package final class HostExporter: MetricsExporter {
    package let name = "host"
    private let paths: HostPaths
    private let collectors: [any HostCollector]
    private let queue = BlockingQueue(label: "apus.exporter.host")
    private let version: String
    /// Waits for nobody: only the one queue uses it.
    private let state = Mutex(State())

    private struct State: ~Copyable {
        var reader = FileReader()
        /// Those of the last scrape, whose families stay.
        var samples = MetricSamples()
    }

    /// An exporter of the host whose file systems are at `paths`.
    ///
    /// - Parameters:
    ///   - version: this program's, for `node_exporter_build_info`, by which dashboards find hosts.
    ///   - extras: what is told beyond the usual.
    ///   - fileSystems: what asks for the sizes of file systems.
    package init(
        paths: HostPaths = HostPaths(), version: String, extras: Set<HostExtra> = [],
        fileSystems: FilesystemProbe = FilesystemProbe()
    ) {
        self.paths = paths
        self.version = version
        collectors = .all(extras, fileSystems: fileSystems)
    }

    package func expose(accept: String?) async -> ExporterPage {
        await queue.run { [self] in page(accept: accept) }
    }

    /// The same on the calling thread, which waits for the files.
    package func page(accept: String?) -> ExporterPage {
        state.withLock { state in
            gather(&state.reader, into: &state.samples)
            return state.samples.page(accept: accept)
        }
    }

    private func gather(_ reader: inout FileReader, into samples: inout MetricSamples) {
        let host = HostFolders(paths)
        reader.forgetText()
        defer { reader.leave() }
        samples.removeSamples()
        samples.gauge(
            "node_exporter_build_info",
            "A metric with a constant '1' value labeled by version, revision, branch, goversion from which "
                + "node_exporter was built, and the goos and goarch for the build.",
            1,
            LabelText.make([
                "branch": "", "goarch": Self.architecture, "goos": "linux", "goversion": "", "revision": "",
                "tags": "apus", "version": version,
            ]))
        let duration = samples.family(
            .gauge, "node_scrape_collector_duration_seconds", "node_exporter: Duration of a collector scrape.")
        let success = samples.family(
            .gauge, "node_scrape_collector_success", "node_exporter: Whether a collector succeeded.")
        for collector in collectors {
            let start = ContinuousClock.now
            var hasSucceeded = true
            do throws(ExporterError) {
                try collector.collect(host, &reader, into: &samples)
            } catch {
                hasSucceeded = false
            }
            let labels = LabelText.make(["collector": collector.name])
            samples.append(start.duration(to: .now) / .seconds(1), labels, to: duration)
            samples.append(hasSucceeded ? 1 : 0, labels, to: success)
        }
    }

    private static var architecture: String {
        #if arch(x86_64)
            "amd64"
        #elseif arch(arm64)
            "arm64"
        #else
            ""
        #endif
    }
}
