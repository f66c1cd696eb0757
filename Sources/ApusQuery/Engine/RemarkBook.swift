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
        var place: RemarkPlace
        var metric: String
    }

    /// Remarks on what stands at a place of the query's text.
    func add(_ annotation: Annotation, at place: RemarkPlace) {
        let text = annotation.text
        remarks.withLock { remarks in
            if annotation.isWarning {
                remarks.warnings.add(text, at: place)
            } else {
                remarks.infos.add(text, at: place)
            }
        }
    }

    /// Remarks that buckets were made monotonic; fixes of one call and metric become one annotation.
    func add(_ fix: MonotonicityFix, metric: String, at place: RemarkPlace) {
        remarks.withLock { remarks in
            let key = MonotonicityKey(place: place, metric: metric)
            if remarks.monotonicityFixes[key]?.join(fix) == nil { remarks.monotonicityFixes[key] = fix }
        }
    }

    /// The annotations so far, `limit` of each kind.
    ///
    /// - Parameter places: the places in the text, as annotations give them, for which a remark holds.
    func shown(limit: Int, _ places: (RemarkPlace) -> [String]) -> (warnings: [String], infos: [String]) {
        let remarks = remarks.withLock { $0 }
        var infos = remarks.infos
        for (key, fix) in remarks.monotonicityFixes { infos.add(fix.text(metric: key.metric), at: key.place) }
        return (
            remarks.warnings.shown(limit: limit, kind: "warning", places),
            infos.shown(limit: limit, kind: "info", places)
        )
    }
}
