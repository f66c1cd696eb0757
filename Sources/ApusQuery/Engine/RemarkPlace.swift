import ApusPromQL

/// Where a remark is due, in the order in which Prometheus evaluates: operands before what uses them, left before right.
struct RemarkPlace: Hashable, Comparable, Sendable {
    /// A byte offset of the query's text.
    var position: Int
    /// The node that remarks.
    var node: SourceRange
    /// The part around the node, or the node itself, that is evaluated once for several places; `nil` for none.
    var part: SharedWork.PartID?

    /// The same place in an equal text that stands further on, outside of a part.
    func outsideOfParts(movedBy distance: Int) -> RemarkPlace {
        RemarkPlace(
            position: position &+ distance,
            node: SourceRange(start: node.start &+ distance, end: node.end &+ distance), part: nil)
    }

    static func < (a: RemarkPlace, b: RemarkPlace) -> Bool {
        (a.node.end, b.node.start, a.position) < (b.node.end, a.node.start, b.position)
    }
}
