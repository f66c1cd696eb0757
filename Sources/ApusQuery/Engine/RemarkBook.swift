import ApusModel
import ApusPromQL
import Synchronization

/// The annotations of one query while it is evaluated, from all its threads.
final class RemarkBook: Sendable {
    private let remarks = Mutex(Remarks())

    private struct Remarks: Sendable {
        var warnings = AnnotationList()
        var infos = AnnotationList()
        var monotonicityFixes: [MonotonicityKey: MonotonicityFix] = [:]
        var rolledSpans: [RolledKey: RolledSpan] = [:]
    }

    private struct RolledKey: Hashable, Sendable {
        var place: RemarkPlace
        var resolution: Int64
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

    /// Remarks that only roll-ups are left of a span of time; spans of one place and resolution become one annotation.
    func add(_ span: RolledSpan, at place: RemarkPlace) {
        if let path = span.damagedPath {
            add(.damagedRollup(path: path), at: place)
            if span.resolution == 0 { return }
        }
        remarks.withLock { remarks in
            let key = RolledKey(place: place, resolution: span.resolution)
            remarks.rolledSpans[key] = remarks.rolledSpans[key]?.joined(with: span) ?? span
        }
    }

    /// The annotations so far, `limit` of each kind.
    ///
    /// - Parameter sharing: what was evaluated once for several places, with all of them.
    func shown(
        limit: Int, source: SourceText, sharing: SharedWork
    ) -> (warnings: [String], infos: [String]) {
        let remarks = remarks.withLock { $0 }
        var infos = remarks.infos
        var fixes: [String: (place: RemarkPlace, fix: MonotonicityFix)] = [:]
        for (key, fix) in remarks.monotonicityFixes {
            // They differ in what was fixed, but are one text as far as places are concerned.
            let place = sharing.lastPlace(of: key.place)
            if let known = fixes[key.metric], place < known.place { continue }
            fixes[key.metric] = (place, fix)
        }
        for (metric, last) in fixes { infos.add(last.fix.text(metric: metric), at: last.place) }
        for (key, span) in remarks.rolledSpans {
            infos.add(Annotation.rolledUp(span).text, at: sharing.lastPlace(of: key.place))
        }
        return (
            remarks.warnings.shown(limit: limit, kind: "warning", of: source, sharing.lastPlace),
            infos.shown(limit: limit, kind: "info", of: source, sharing.lastPlace)
        )
    }
}
