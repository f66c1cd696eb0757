/// What a function takes and gives.
package struct FunctionSignature: Sendable, Hashable {
    /// How often the last argument may stand.
    package enum Repetition: Sendable, Hashable {
        /// Exactly once.
        case once
        /// From not at all to this many times.
        case upTo(Int)
        /// Any number of times, or not at all.
        case any
    }

    /// The types of the arguments, in order; the last one repeats as `repetition` says.
    package var argumentTypes: [ValueType]
    /// How often the last argument may stand.
    package var repetition: Repetition
    /// The type of the value.
    package var resultType: ValueType
    /// Whether Prometheus has it behind a feature flag.
    package var isExperimental: Bool

    init(_ argumentTypes: [ValueType], _ resultType: ValueType, _ repetition: Repetition, isExperimental: Bool = false)
    {
        self.argumentTypes = argumentTypes
        self.repetition = repetition
        self.resultType = resultType
        self.isExperimental = isExperimental
    }

    /// The smallest number of arguments.
    package var minimumCount: Int {
        repetition == .once ? argumentTypes.count : argumentTypes.count - 1
    }

    /// The largest number of arguments, `nil` when there is no bound.
    package var maximumCount: Int? {
        switch repetition {
        case .once: argumentTypes.count
        case .upTo(let times): argumentTypes.count - 1 + times
        case .any: nil
        }
    }

    /// The type of the argument at `index`, which may be in the repeated part.
    package func argumentType(at index: Int) -> ValueType {
        argumentTypes[min(index, argumentTypes.count - 1)]
    }
}

extension Function {
    /// What the function takes and gives.
    package var signature: FunctionSignature {
        switch self {
        case .abs, .absent, .acos, .acosh, .asin, .asinh, .atan, .atanh, .ceil, .cos, .cosh, .deg, .exp,
            .floor, .histogramAvg, .histogramCount, .histogramStddev, .histogramStdvar, .histogramSum, .ln,
            .log10, .log2, .rad, .sgn, .sin, .sinh, .sort, .sortDesc, .sqrt, .tan, .tanh, .timestamp:
            FunctionSignature([.instantVector], .instantVector, .once)
        case .absentOverTime, .avgOverTime, .changes, .countOverTime, .delta, .deriv, .firstOverTime,
            .idelta, .increase, .irate, .lastOverTime, .maxOverTime, .minOverTime, .presentOverTime, .rate,
            .resets, .stddevOverTime, .stdvarOverTime, .sumOverTime:
            FunctionSignature([.rangeVector], .instantVector, .once)
        case .clamp:
            FunctionSignature([.instantVector, .scalar, .scalar], .instantVector, .once)
        case .clampMax, .clampMin:
            FunctionSignature([.instantVector, .scalar], .instantVector, .once)
        case .dayOfMonth, .dayOfWeek, .dayOfYear, .daysInMonth, .hour, .minute, .month, .year:
            FunctionSignature([.instantVector], .instantVector, .upTo(1))
        case .doubleExponentialSmoothing:
            FunctionSignature([.rangeVector, .scalar, .scalar], .instantVector, .once, isExperimental: true)
        case .end, .range, .start, .step:
            FunctionSignature([], .scalar, .once, isExperimental: true)
        case .histogramFraction:
            FunctionSignature([.scalar, .scalar, .instantVector], .instantVector, .once)
        case .histogramQuantile:
            FunctionSignature([.scalar, .instantVector], .instantVector, .once)
        case .histogramQuantiles:
            FunctionSignature(
                [.instantVector, .string, .scalar, .scalar], .instantVector, .upTo(9), isExperimental: true)
        case .info:
            FunctionSignature([.instantVector, .instantVector], .instantVector, .upTo(1), isExperimental: true)
        case .labelJoin:
            FunctionSignature([.instantVector, .string, .string, .string], .instantVector, .any)
        case .labelReplace:
            FunctionSignature([.instantVector, .string, .string, .string, .string], .instantVector, .once)
        case .madOverTime, .tsOfFirstOverTime, .tsOfLastOverTime, .tsOfMaxOverTime, .tsOfMinOverTime:
            FunctionSignature([.rangeVector], .instantVector, .once, isExperimental: true)
        case .maxOf, .minOf:
            FunctionSignature([.scalar, .scalar], .scalar, .once, isExperimental: true)
        case .pi, .time:
            FunctionSignature([], .scalar, .once)
        case .predictLinear:
            FunctionSignature([.rangeVector, .scalar], .instantVector, .once)
        case .quantileOverTime:
            FunctionSignature([.scalar, .rangeVector], .instantVector, .once)
        case .round:
            FunctionSignature([.instantVector, .scalar], .instantVector, .upTo(1))
        case .scalar:
            FunctionSignature([.instantVector], .scalar, .once)
        case .sortByLabel, .sortByLabelDesc:
            FunctionSignature([.instantVector, .string], .instantVector, .any, isExperimental: true)
        case .startTimestamp:
            FunctionSignature([.instantVector], .instantVector, .once, isExperimental: true)
        case .vector:
            FunctionSignature([.scalar], .instantVector, .once)
        }
    }
}

/// `rate(argument)`.
package struct FunctionCall: Sendable, Hashable {
    /// The function.
    package var function: Function
    /// The arguments, as many as the signature allows.
    package var arguments: [Expression]
    /// Where the node stands.
    @Incidental package var range: SourceRange

    /// A call.
    package init(_ function: Function, _ arguments: [Expression], range: SourceRange) {
        self.function = function
        self.arguments = arguments
        self._range = Incidental(wrappedValue: range)
    }
}
