import ApusModel
import ApusPromQL

/// A binary operator on rows of values.
struct BinaryKernel: Sendable {
    /// What a comparison gives where it holds.
    enum Outcome: Sendable {
        /// The left value; absence where the comparison does not hold.
        case left
        /// The right value; absence where the comparison does not hold.
        case right
        /// 1; 0 where the comparison does not hold.
        case truth
    }

    private let operation: BinaryOperation
    private let outcome: Outcome

    init(_ node: BinaryExpression, _ outcome: Outcome) {
        operation = node.operation
        self.outcome = outcome
    }

    private var isTrim: Bool { operation == .trimLower || operation == .trimUpper }

    /// Writes `left operation right` for each step at which both have a value; `result` may be one of the operands.
    ///
    /// - Returns: what is to be remarked.
    func combine(_ left: Row, _ right: Row, into result: inout Row) -> BinaryRemarks {
        result.clearHistograms()
        if !left.hasHistograms, !right.hasHistograms, !isTrim {
            FloatBinaryKernel.combine(operation, outcome, left.values, right.values, into: &result.values)
            return []
        }
        let present = result.values.indices.filter { left.isPresent(at: $0) && right.isPresent(at: $0) }
        var remarks: BinaryRemarks = []
        FloatBinaryKernel.combine(operation, outcome, left.values, right.values, into: &result.values)
        for step in present {
            switch (left.histogram(at: step), right.histogram(at: step)) {
            case (nil, nil):
                if isTrim { remarks.insert(.floats) }
            case (let histogram?, nil):
                place(combine(histogram, right.values[step]), .histogramAndFloat, at: step, &result, &remarks)
            case (nil, let histogram?):
                let product = operation == .multiply ? histogram.multiplied(by: left.values[step]) : nil
                place(product, .floatAndHistogram, at: step, &result, &remarks)
            case (let first?, let second?):
                combine(first, second, at: step, &result, &remarks)
            }
        }
        return remarks
    }

    private func combine(_ histogram: NativeHistogram, _ number: Double) -> NativeHistogram? {
        switch operation {
        case .multiply: histogram.multiplied(by: number)
        case .divide: histogram.divided(by: number)
        case .trimUpper: histogram.trimmed(below: number)
        case .trimLower: histogram.trimmed(above: number)
        default: nil
        }
    }

    private func combine(
        _ left: NativeHistogram, _ right: NativeHistogram, at step: Int, _ result: inout Row,
        _ remarks: inout BinaryRemarks
    ) {
        switch operation {
        case .add, .subtract:
            do throws(HistogramArithmeticError) {
                let isSum = operation == .add
                let combination = try isSum ? left.adding(right) : left.subtracting(right)
                if combination.reconciliation.hintsConflicted {
                    remarks.insert(isSum ? .conflictInAddition : .conflictInSubtraction)
                }
                if combination.reconciliation.boundsWereReconciled {
                    remarks.insert(isSum ? .reconciledInAddition : .reconciledInSubtraction)
                }
                result.set(combination.histogram, at: step)
            } catch {
                remarks.insert(.incompatibleLayouts)
                result.remove(at: step)
            }
        case .equal, .notEqual:
            let holds = left.hasSameContent(as: right) == (operation == .equal)
            switch outcome {
            case .truth: result.set(holds ? 1 : 0, at: step)
            case .left, .right:
                if holds {
                    result.set(outcome == .left ? left : right, at: step)
                } else {
                    result.remove(at: step)
                }
            }
        default:
            remarks.insert(.histograms)
            result.remove(at: step)
        }
    }

    private func place(
        _ histogram: NativeHistogram?, _ mismatch: BinaryRemarks, at step: Int, _ result: inout Row,
        _ remarks: inout BinaryRemarks
    ) {
        if let histogram {
            result.set(histogram, at: step)
        } else {
            remarks.insert(mismatch)
            result.remove(at: step)
        }
    }
}

/// What is to be remarked of one application of a binary operator to two series.
struct BinaryRemarks: OptionSet, Sendable {
    let rawValue: UInt16

    /// Operands of kinds that the operator does not combine.
    static let floats = Self(rawValue: 1 << 0)
    static let floatAndHistogram = Self(rawValue: 1 << 1)
    static let histogramAndFloat = Self(rawValue: 1 << 2)
    static let histograms = Self(rawValue: 1 << 3)
    static let incompatibleLayouts = Self(rawValue: 1 << 4)
    static let conflictInAddition = Self(rawValue: 1 << 5)
    static let conflictInSubtraction = Self(rawValue: 1 << 6)
    static let reconciledInAddition = Self(rawValue: 1 << 7)
    static let reconciledInSubtraction = Self(rawValue: 1 << 8)
}

extension Evaluation {
    /// Remarks on an operator.
    func annotate(_ remarks: BinaryRemarks, of node: BinaryExpression) {
        if remarks.isEmpty { return }
        let operation = node.operation
        let all: [(BinaryRemarks, Annotation)] = [
            (.floats, .incompatibleTypes(operation, left: "float", right: "float")),
            (.floatAndHistogram, .incompatibleTypes(operation, left: "float", right: "histogram")),
            (.histogramAndFloat, .incompatibleTypes(operation, left: "histogram", right: "float")),
            (.histograms, .incompatibleTypes(operation, left: "histogram", right: "histogram")),
            (.incompatibleLayouts, .incompatibleLayouts(operation)),
            (.conflictInAddition, .conflictingResets(.addition)),
            (.conflictInSubtraction, .conflictingResets(.subtraction)),
            (.reconciledInAddition, .reconciledBounds(.addition)),
            (.reconciledInSubtraction, .reconciledBounds(.subtraction)),
        ]
        for (remark, annotation) in all where remarks.contains(remark) {
            annotate(annotation, at: node.range.start)
        }
    }
}
