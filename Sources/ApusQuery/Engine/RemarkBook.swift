import ApusPromQL
import Synchronization

/// The annotations of one query while it is evaluated, from all its threads.
final class RemarkBook: Sendable {
    private let remarks = Mutex(Remarks())

    private struct Remarks: Sendable {
        var warnings = AnnotationList()
        var infos = AnnotationList()
        var monotonicityFixes: [MonotonicityKey: MonotonicityFix] = [:]
    }

    private struct MonotonicityKey: Hashable, Sendable {
        var position: Int
        var metric: String
    }

    /// Remarks on what stands at some places of the query's text.
    func add(_ annotation: Annotation, at positions: [Int], of source: SourceText) {
        remarks.withLock { remarks in
            for position in positions {
                let text = "\(annotation.text) (\(source.place(of: position)))"
                if annotation.isWarning { remarks.warnings.add(text) } else { remarks.infos.add(text) }
            }
        }
    }

    /// Remarks that buckets were made monotonic; fixes of one call and metric become one annotation.
    func add(_ fix: MonotonicityFix, metric: String, at positions: [Int]) {
        remarks.withLock { remarks in
            for position in positions {
                let key = MonotonicityKey(position: position, metric: metric)
                if remarks.monotonicityFixes[key]?.join(fix) == nil { remarks.monotonicityFixes[key] = fix }
            }
        }
    }

    /// The annotations so far, `limit` of each kind.
    func shown(limit: Int, source: SourceText) -> (warnings: [String], infos: [String]) {
        remarks.withLock { remarks in
            var infos = remarks.infos
            for (key, fix) in remarks.monotonicityFixes {
                infos.add("\(fix.text(metric: key.metric)) (\(source.place(of: key.position)))")
            }
            return (
                remarks.warnings.shown(limit: limit, kind: "warning"), infos.shown(limit: limit, kind: "info")
            )
        }
    }
}
