package import ApusPromQL

/// What each part of a query did, and why its result is empty when it is.
package struct Explanation: Sendable {
    /// The query in normal form.
    package var query: String
    /// How often it was evaluated.
    package var kind: QueryKind
    /// The whole expression.
    package var root: Node
    /// Series of the result.
    package var resultSeries: Int
    /// Samples of the result.
    package var resultSamples: Int
    /// Why the result, or a side of an operator, is empty; the most telling first.
    package var reasons: [Reason]
    /// The annotations that say the result may be wrong.
    package var warnings: [String]
    /// The annotations that say something may not be as intended.
    package var infos: [String]
    /// What the query cost.
    package var statistics: QueryStatistics

    /// One node of the expression with what it did.
    package struct Node: Sendable {
        /// Numbers the nodes from 0, each before its children.
        package var id: Int
        /// What the node is, in the peers' words of the expression tree.
        package var type: NodeType
        /// The node without its operands: `sum by (job)`, `rate`, `/ on (instance)`.
        package var label: String
        /// The node with its operands, cut when it is long.
        package var text: String
        /// Where it stands in the text that was sent, in bytes.
        package var position: SourceRange
        /// Series that its operands gave, or that its selector found.
        package var seriesIn = 0
        /// Series that had a value at some step.
        package var seriesOut = 0
        /// Samples that its operands gave, or that were read for it.
        package var samplesIn = 0
        /// Samples read from storage by the node itself.
        package var samplesRead = 0
        /// Samples that it gave to what stands around it.
        package var samplesOut = 0
        /// Bytes that it held, added up over the evaluation.
        package var bytes = 0
        /// Its own processor time, without that of its operands, on all threads.
        package var nanoseconds = 0
        /// Whether it was evaluated once for several places.
        package var isShared = false
        /// Whether it has the same value at every step.
        package var isConstant = false
        /// What else there is to know.
        package var notes: [String] = []
        /// Its operands, in the order of the text.
        package var children: [Node] = []
    }

    /// What a node is, in the peers' words.
    package enum NodeType: String, Sendable {
        case aggregation
        case call
        case binaryExpr
        case unaryExpr
        case parenExpr
        case vectorSelector
        case matrixSelector
        case subquery
        case numberLiteral
        case stringLiteral
    }

    /// Why something is empty.
    package struct Reason: Sendable {
        /// What kind of reason it is.
        package enum Kind: String, Sendable {
            /// No series has the metric's name.
            case metricNeverSeen
            /// The metric has the label, but not with such a value.
            case labelValueNotPresent
            /// The metric's series do not have the label.
            case labelNotPresent
            /// Each matcher selects series, all together none.
            case combinationNotPresent
            /// The series exist, but have no sample where the query looks.
            case noSamplesInRange
            /// The target that the series come from is down.
            case targetDown
            /// The window holds too few samples for the function.
            case rangeTooShort
            /// A comparison holds for no element.
            case comparisonFilteredAll
            /// No element of one side has a partner on the other.
            case noMatchingPartners
            /// An aggregation was asked to keep nothing, or had nothing that it can use.
            case aggregationOfNothing
            /// `absent` was asked for something that is there, or `unless` removed everything.
            case presentOnOtherSide
            /// The search for the reason took too long.
            case unknown
        }

        /// What kind of reason it is.
        package var kind: Kind
        /// The reason in a sentence without a full stop.
        package var text: String
        /// The part of the query that it is about, in bytes of the text that was sent.
        package var position: SourceRange
        /// What to write in the place of the wrong part: names, values, expressions.
        package var suggestions: [String]

        /// A reason.
        package init(_ kind: Kind, _ text: String, at position: SourceRange, suggestions: [String] = []) {
            self.kind = kind
            self.text = text
            self.position = position
            self.suggestions = suggestions
        }
    }
}
