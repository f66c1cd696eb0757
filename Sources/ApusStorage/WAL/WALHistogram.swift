import ApusBytes
import ApusEncoding
import ApusModel

/// One native histogram in a record of the log; the form is `docs/formats/wal.md`.
enum WALHistogram {
    private static let hintMask: UInt8 = 0b011
    private static let integerFlag: UInt8 = 0b100

    /// Appends a histogram with its hint.
    static func append(_ histogram: borrowing NativeHistogram, to writer: inout ByteWriter) {
        let isInteger =
            isInteger(histogram.count) && isInteger(histogram.zeroCount)
            && histogram.positiveBuckets.allSatisfy(isInteger) && histogram.negativeBuckets.allSatisfy(isInteger)
        writer.append(histogram.counterResetHint.rawValue | (isInteger ? integerFlag : 0))
        HistogramLayout.append(histogram, to: &writer)
        writer.appendLittleEndian(histogram.sum.bitPattern)
        append(histogram.count, isInteger, to: &writer)
        append(histogram.zeroCount, isInteger, to: &writer)
        for population in histogram.positiveBuckets { append(population, isInteger, to: &writer) }
        for population in histogram.negativeBuckets { append(population, isInteger, to: &writer) }
    }

    /// Reads a histogram; its layout is valid.
    @_lifetime(reader: copy reader)
    static func read(from reader: inout ByteReader) throws(WALRecordError) -> NativeHistogram {
        let flags: UInt8
        do throws(ByteError) { flags = try reader.readByte() } catch { throw .malformed(error) }
        guard flags & ~(hintMask | integerFlag) == 0,
            let hint = NativeHistogram.CounterResetHint(rawValue: flags & hintMask)
        else { throw .invalidHistogram("flags \(flags)") }
        var histogram: NativeHistogram
        do throws(ColumnError) { histogram = try HistogramLayout.read(from: &reader) } catch {
            throw .invalidHistogram("\(error)")
        }
        histogram.counterResetHint = hint
        do throws(ByteError) {
            try readPopulations(of: &histogram, from: &reader, isInteger: flags & integerFlag != 0)
        } catch {
            throw .malformed(error)
        }
        return histogram
    }

    @_lifetime(reader: copy reader)
    private static func readPopulations(
        of histogram: inout NativeHistogram, from reader: inout ByteReader, isInteger: Bool
    ) throws(ByteError) {
        histogram.sum = Double(bitPattern: try reader.readLittleEndian())
        histogram.count = try population(&reader, isInteger)
        histogram.zeroCount = try population(&reader, isInteger)
        for bucket in histogram.positiveBuckets.indices {
            histogram.positiveBuckets[bucket] = try population(&reader, isInteger)
        }
        for bucket in histogram.negativeBuckets.indices {
            histogram.negativeBuckets[bucket] = try population(&reader, isInteger)
        }
    }

    /// A number by which two histograms are told apart that a series has at one time; the hint is not part of it.
    static func fingerprint(ofEncoded bytes: Span<UInt8>) -> UInt64 {
        // The hint is in the first byte, whose other flag follows from the rest.
        SeededHash.perProcess.hash(bytes.extracting(1..<bytes.count))
    }

    private static func isInteger(_ population: Double) -> Bool {
        // Negative zero would lose its sign.
        population >= 0 && population < 9_007_199_254_740_992 && population == population.rounded(.towardZero)
            && population.sign == .plus
    }

    private static func append(_ population: Double, _ isInteger: Bool, to writer: inout ByteWriter) {
        if isInteger {
            writer.appendVarint(UInt64(population))
        } else {
            writer.appendLittleEndian(population.bitPattern)
        }
    }

    @_lifetime(reader: copy reader)
    private static func population(_ reader: inout ByteReader, _ isInteger: Bool) throws(ByteError) -> Double {
        isInteger ? Double(try reader.readVarint()) : Double(bitPattern: try reader.readLittleEndian())
    }
}
