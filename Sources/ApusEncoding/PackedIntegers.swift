/// A run of packed integers and what it takes to turn it into the values of a column.
///
/// Sums and what is made of them are one straight loop for each mode and scale: while the processor divides, it adds.
struct PackedIntegers: ~Escapable {
    private let run: Span<UInt64>
    /// The position of the first integer of `run` in its column's run.
    private let first: Int
    private let mode: IntegerMode
    private let base: UInt64
    private let second: UInt64

    /// The integers of a run that begins at the position `first`, which is 0 unless the mode is plain.
    @_lifetime(copy run)
    init(_ run: Span<UInt64>, from first: Int, mode: IntegerMode, base: Int64, second: Int64) {
        self.run = run
        self.first = first
        self.mode = mode
        self.base = UInt64(bitPattern: base)
        self.second = UInt64(bitPattern: second)
    }

    /// Appends the values of the integers at the positions `kept`.
    func append(_ kept: Range<Int>, _ scaling: IntegerScaling, to values: inout [Double]) {
        switch scaling {
        case .binary(let exponent):
            append(kept, FactorScale(factor: BinaryScale.power(exponent)), to: &values)
        case .decimal(let divisor, let exponent) where exponent > 0:
            append(kept, DecimalScale(divisor: divisor, power: Decimal.powers[exponent]), to: &values)
        case .decimal(let divisor, _) where divisor != 1:
            append(kept, MultipleScale(factor: divisor), to: &values)
        case .decimal:
            append(kept, WholeScale(), to: &values)
        }
    }

    private func append<Scale: IntegerScale>(_ kept: Range<Int>, _ scale: Scale, to values: inout [Double]) {
        guard kept.lowerBound < kept.upperBound else { return }
        let start = values.count
        values.append(addingCapacity: kept.count) { output in
            switch mode {
            case .plain:
                plain(kept, scale, to: &output)
            case .differences:
                sum(kept, DifferenceSums(current: base, least: second), scale, to: &output)
            case .signedDifferences:
                sum(kept, SignedDifferenceSums(current: base), scale, to: &output)
            case .secondDifferences:
                sum(kept, SecondDifferenceSums(first: base, step: second), scale, to: &output)
            }
        }
        assert(values.count == start + kept.count)
    }

    private func plain<Scale: IntegerScale>(_ kept: Range<Int>, _ scale: Scale, to output: inout OutputSpan<Double>) {
        let integers = run.extracting((kept.lowerBound - first)..<(kept.upperBound - first))
        unsafe integers.withUnsafeBufferPointer { integers in
            unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                guard let start = buffer.baseAddress else { return }
                let target = unsafe start + initialized
                for index in 0..<integers.count { unsafe target[index] = scale.value(integers[index] &+ base) }
                initialized += integers.count
            }
        }
    }

    private func sum<Sums: IntegerSums, Scale: IntegerScale>(
        _ kept: Range<Int>, _ sums: Sums, _ scale: Scale, to output: inout OutputSpan<Double>
    ) {
        let leading = kept.clamped(to: 0..<Sums.leading)
        for position in leading { output.append(scale.value(sums.leading(position))) }
        let integers = run.extracting(0..<max(0, kept.upperBound - Sums.leading))
        unsafe integers.withUnsafeBufferPointer { integers in
            unsafe output.withUnsafeMutableBufferPointer { buffer, initialized in
                guard let start = buffer.baseAddress else { return }
                var sums = sums
                var index = 0
                while index < kept.lowerBound - Sums.leading {
                    _ = unsafe sums.next(integers[index])
                    index &+= 1
                }
                var target = unsafe start + initialized
                initialized += integers.count - index
                // Side by side, so that the processor can make values of two at once.
                while index &+ 4 <= integers.count {
                    let first = unsafe sums.next(integers[index])
                    let second = unsafe sums.next(integers[index &+ 1])
                    let third = unsafe sums.next(integers[index &+ 2])
                    let fourth = unsafe sums.next(integers[index &+ 3])
                    unsafe target[0] = scale.value(first)
                    unsafe target[1] = scale.value(second)
                    unsafe target[2] = scale.value(third)
                    unsafe target[3] = scale.value(fourth)
                    unsafe target += 4
                    index &+= 4
                }
                while index < integers.count {
                    unsafe target.pointee = scale.value(sums.next(integers[index]))
                    unsafe target += 1
                    index &+= 1
                }
            }
        }
    }
}
