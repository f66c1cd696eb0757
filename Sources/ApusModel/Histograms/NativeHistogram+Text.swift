import ApusBytes

extension NativeHistogram {
    /// The histogram on one line, such as `{count:4, sum:5, (0.5,1]:1, (1,2]:2, (2,4]:1}`.
    ///
    /// The text that Prometheus writes into the label of `count_values` and into messages.
    package var text: String {
        var bytes: [UInt8] = []
        bytes.append(contentsOf: "{count:".utf8)
        NumberText.append(count, .general, to: &bytes)
        bytes.append(contentsOf: ", sum:".utf8)
        NumberText.append(sum, .general, to: &bytes)
        var negative = negativeCursor
        negative.seekEnd()
        while negative.retreat() {
            NativeHistogram.append(
                negativeBucket(at: negative.index, population: negativeBuckets[negative.position]), to: &bytes)
        }
        NativeHistogram.append(zeroBucket, to: &bytes)
        var positive = positiveCursor
        while positive.advance() {
            NativeHistogram.append(
                positiveBucket(at: positive.index, population: positiveBuckets[positive.position]), to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func append(_ bucket: Bucket, to bytes: inout [UInt8]) {
        if bucket.population == 0 { return }
        bytes.append(contentsOf: bucket.includesLower ? ", [".utf8 : ", (".utf8)
        NumberText.append(bucket.lower, .general, to: &bytes)
        bytes.append(UInt8(ascii: ","))
        NumberText.append(bucket.upper, .general, to: &bytes)
        bytes.append(contentsOf: bucket.includesUpper ? "]:".utf8 : "):".utf8)
        NumberText.append(bucket.population, .general, to: &bytes)
    }
}
