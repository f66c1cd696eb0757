import ApusBytes

/// The bytes in which a sender wrote the labels of a series, as 128 bits.
///
/// Two independent seeded hashes: among a billion series the chance that any two have the same is below 10⁻²⁰.
struct SeriesFingerprint: Equatable {
    private static let hashes = (
        SeededHash(seed: .random(in: .min ... .max)), SeededHash(seed: .random(in: .min ... .max))
    )

    /// The half that says where to look.
    let place: UInt64
    private let check: UInt64

    /// The fingerprint of label fields.
    init(_ fields: Span<UInt8>) {
        place = Self.hashes.0.hash(fields)
        check = Self.hashes.1.hash(fields)
    }
}
