/// The type of an expression's value.
package enum ValueType: String, Sendable {
    /// One float per step.
    case scalar
    /// One constant text.
    case string
    /// Any number of series, each with one sample per step.
    case instantVector = "instant vector"
    /// Any number of series, each with the samples of a window per step.
    case rangeVector = "range vector"

    /// The name in the peers' JSON answers: `scalar`, `string`, `vector`, `matrix`.
    package var documentedName: String {
        switch self {
        case .scalar: "scalar"
        case .string: "string"
        case .instantVector: "vector"
        case .rangeVector: "matrix"
        }
    }
}
