import ApusBytes

/// Names content by 128 bits of a hash with fixed seeds: the same on every machine, another for other content.
///
/// It tells builds and cached copies apart. It is no protection against forgery, for which there is no occasion: the files
/// are the operator's own.
enum ContentName {
    private static let first = SeededHash(seed: 0x6170_7573_2077_6562)
    private static let second = SeededHash(seed: 0x7377_6966_7420_7569)

    /// The name of `bytes`: 32 hexadecimal digits.
    static func hexadecimal(_ bytes: [UInt8]) -> String {
        [first, second].map { hash in
            let digits = String(hash.hash(bytes.span), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
