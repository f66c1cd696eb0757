import ApusBytes
import ApusTestSupport
import Testing

@Suite("Binary reading and writing")
struct BinaryTests {
    @Test("varints and fixed integers read back as written")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2_000 {
            let shift = UInt64.random(in: 0..<64, using: &generator)
            let unsigned = generator.next() >> shift
            let signed = Int64(bitPattern: generator.next()) >> Int64(shift)
            var writer = ByteWriter()
            writer.appendVarint(unsigned)
            writer.appendSignedVarint(signed)
            writer.appendLittleEndian(unsigned)
            writer.appendLittleEndian(UInt16(truncatingIfNeeded: unsigned))
            writer.appendLengthPrefixed([1, 2, 3].span)
            let bytes = writer.bytes
            var reader = ByteReader(bytes.span)
            #expect(try reader.readVarint() == unsigned)
            #expect(try reader.readSignedVarint() == signed)
            #expect(try reader.readLittleEndian(UInt64.self) == unsigned)
            #expect(try reader.readLittleEndian(UInt16.self) == UInt16(truncatingIfNeeded: unsigned))
            let runLength = try reader.readLengthPrefixed().byteCount
            let isAtEnd = reader.isAtEnd
            #expect(runLength == 3)
            #expect(isAtEnd)
        }
    }

    @Test("input cut at any byte is reported as truncated, never read beyond")
    func truncated() {
        var writer = ByteWriter()
        writer.appendVarint(300)
        writer.appendLittleEndian(UInt32(7))
        writer.appendLengthPrefixed([9, 9, 9, 9].span)
        let whole = writer.bytes
        for length in 0..<whole.count {
            let cut = Array(whole[..<length])
            #expect(throws: ByteError.self) {
                var reader = ByteReader(cut.span)
                _ = try reader.readVarint()
                _ = try reader.readLittleEndian(UInt32.self)
                _ = try reader.readLengthPrefixed()
            }
        }
    }

    @Test("a varint of more than 64 bits is refused")
    func longVarint() {
        let bytes = [UInt8](repeating: 0xFF, count: 12)
        #expect(throws: ByteError.varintTooLong(offset: 0)) {
            var reader = ByteReader(bytes.span)
            _ = try reader.readVarint()
        }
    }

    @Test("CRC-32C matches its published check value, by instruction and by table")
    func checksum() {
        let check = Array("123456789".utf8)
        #expect(CRC32C.checksum(check.span) == 0xE306_9283)
        #expect(CRC32C.portableChecksum(check.span) == 0xE306_9283)
        var generator = SeededGenerator(seed: 5)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(CRC32C.checksum(bytes.span) == CRC32C.portableChecksum(bytes.span))
            let middle = length / 3
            let first = Array(bytes[..<middle])
            let second = Array(bytes[middle...])
            #expect(
                CRC32C.checksum(second.span, continuing: CRC32C.checksum(first.span)) == CRC32C.checksum(bytes.span))
        }
    }

    @Test("the hash depends on the seed, on every byte and on the length")
    func hash() {
        var bytes = [UInt8](repeating: 0, count: 40)
        let hash = SeededHash(seed: 1)
        var seen: Set<UInt64> = [hash.hash(bytes.span), SeededHash(seed: 2).hash(bytes.span)]
        for index in bytes.indices {
            bytes[index] = 1
            seen.insert(hash.hash(bytes.span))
            bytes[index] = 0
        }
        for length in 0..<40 {
            let shorter = Array(bytes[..<length])
            seen.insert(hash.hash(shorter.span))
        }
        #expect(seen.count == 82)
    }

    @Test("no eight bytes erase what is before them from the hash")
    func hashKeepsTheBeginning() {
        // A factor of zero would: these are the constants that everybody knows of this family of hashes.
        for constant: UInt64 in [0xA076_1D64_78BD_642F, 0xE703_7ED1_A0B4_28DB, 0x8EBC_6AF0_9C88_C6E3] {
            for seed: UInt64 in 0..<8 {
                var bytes = [UInt8](repeating: 0, count: 48)
                for index in 0..<8 { bytes[16 + index] = UInt8(truncatingIfNeeded: constant >> UInt64(8 * index)) }
                let hash = SeededHash(seed: seed)
                let before = hash.hash(bytes.span)
                bytes[3] = 1
                #expect(hash.hash(bytes.span) != before)
            }
        }
    }
}
