import CApusBytes

/// CRC-32C (Castagnoli), the checksum of every record and section that Apus writes to disk.
///
/// Source: RFC 3720, appendix B.4. About 10 bytes a nanosecond with SSE 4.2.
package enum CRC32C {
    /// The checksum of `bytes`, continued from `seed` (0 to begin).
    package static func checksum(_ bytes: Span<UInt8>, continuing seed: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe apus_crc32c(seed, $0.baseAddress, $0.count) }
    }

    /// The checksum of `bytes`, continued from `seed` (0 to begin).
    package static func checksum(_ bytes: RawSpan, continuing seed: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe apus_crc32c(seed, $0.baseAddress, $0.count) }
    }

    /// The same checksum computed from tables, whatever the processor; tests compare it with the fast one.
    package static func portableChecksum(_ bytes: Span<UInt8>, continuing seed: UInt32 = 0) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe apus_crc32c_table(seed, $0.baseAddress, $0.count) }
    }
}
