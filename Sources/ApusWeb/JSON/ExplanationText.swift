import ApusPromQL
import ApusQuery

/// What each part of a query did, as JSON.
enum ExplanationText {
    /// Appends an explanation as an object.
    static func append(_ explanation: Explanation, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.add("query", explanation.query, to: &bytes)
        object.add("kind", explanation.kind.rawValue, to: &bytes)
        object.addName("root", to: &bytes)
        append(explanation.root, to: &bytes)
        object.addName("result", to: &bytes)
        var result = JSONObject(&bytes)
        result.add("series", integer: explanation.resultSeries, to: &bytes)
        result.add("samples", integer: explanation.resultSamples, to: &bytes)
        result.close(&bytes)
        object.add("reasons", array: explanation.reasons, to: &bytes) { append($0, to: &$1) }
        object.addName("statistics", to: &bytes)
        StatisticsText.append(explanation.statistics, to: &bytes)
        object.close(&bytes)
    }

    /// The depth of nodes is that of the expression, which the parser bounds.
    private static func append(_ node: Explanation.Node, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.add("id", integer: node.id, to: &bytes)
        object.add("type", node.type.rawValue, to: &bytes)
        object.add("label", node.label, to: &bytes)
        object.add("text", node.text, to: &bytes)
        add(node.position, to: &object, &bytes)
        object.add("seriesIn", integer: node.seriesIn, to: &bytes)
        object.add("seriesOut", integer: node.seriesOut, to: &bytes)
        object.add("samplesIn", integer: node.samplesIn, to: &bytes)
        object.add("samplesRead", integer: node.samplesRead, to: &bytes)
        object.add("samplesOut", integer: node.samplesOut, to: &bytes)
        object.add("bytes", integer: node.bytes, to: &bytes)
        object.add("nanoseconds", integer: node.nanoseconds, to: &bytes)
        object.add("isShared", flag: node.isShared, to: &bytes)
        object.add("isConstant", flag: node.isConstant, to: &bytes)
        object.addName("notes", to: &bytes)
        JSONText.append(node.notes, to: &bytes)
        object.add("children", array: node.children, to: &bytes) { append($0, to: &$1) }
        object.close(&bytes)
    }

    private static func append(_ reason: Explanation.Reason, to bytes: inout [UInt8]) {
        var object = JSONObject(&bytes)
        object.add("text", reason.text, to: &bytes)
        add(reason.position, to: &object, &bytes)
        object.addName("suggestions", to: &bytes)
        JSONText.append(reason.suggestions, to: &bytes)
        object.add("kind", reason.kind.rawValue, to: &bytes)
        object.close(&bytes)
    }

    private static func add(_ range: SourceRange, to object: inout JSONObject, _ bytes: inout [UInt8]) {
        object.addName("position", to: &bytes)
        var position = JSONObject(&bytes)
        position.add("start", integer: range.start, to: &bytes)
        position.add("end", integer: range.end, to: &bytes)
        position.close(&bytes)
    }
}
