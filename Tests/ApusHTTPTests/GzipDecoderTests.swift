import ApusHTTP
import ApusTestSupport
import Testing

@Suite
struct GzipDecoderTests {
    @Test("what was compressed comes back, body after body", arguments: [0, 1, 100, 4_096, 100_000, 3_000_000])
    func roundTrip(size: Int) throws {
        var generator = SeededGenerator(seed: UInt64(size))
        let bytes = (0..<size).map { _ in UInt8.random(in: 0...20, using: &generator) }
        let compressed = Gzip.compress(bytes)
        var decoder = GzipDecoder()
        for _ in 0..<3 {
            let result = try decoder.decompress(compressed.span, limit: 4_000_000)
            #expect(result == bytes)
        }
        let exact = try decoder.decompress(compressed.span, limit: size)
        #expect(exact == bytes)
        if size > 0 {
            #expect(throws: HTTPFetchError.bodyTooLarge(limit: size - 1)) {
                var decoder = GzipDecoder()
                _ = try decoder.decompress(compressed.span, limit: size - 1)
            }
        }
    }

    @Test("several members in a row are one body")
    func members() throws {
        var decoder = GzipDecoder()
        let compressed = Gzip.compress(Array("a 1\n".utf8)) + Gzip.compress(Array("b 2\n".utf8))
        let result = try decoder.decompress(compressed.span, limit: 100)
        #expect(result == Array("a 1\nb 2\n".utf8))
    }

    @Test("a bomb stops at the limit")
    func bomb() {
        let compressed = Gzip.compress([UInt8](repeating: 48, count: 100_000_000))
        #expect(compressed.count < 200_000)
        #expect(throws: HTTPFetchError.bodyTooLarge(limit: 1 << 20)) {
            var decoder = GzipDecoder()
            _ = try decoder.decompress(compressed.span, limit: 1 << 20)
        }
    }

    @Test("a body cut at any byte is an error, and the decoder works on")
    func truncated() throws {
        let whole = Gzip.compress(Array(repeating: Array("metric{a=\"b\"} 1\n".utf8), count: 20).flatMap { $0 })
        for length in 0..<whole.count {
            let cut = Array(whole[..<length])
            #expect(throws: HTTPFetchError.self) {
                var decoder = GzipDecoder()
                _ = try decoder.decompress(cut.span, limit: 10_000)
            }
        }
    }

    @Test("changed bytes never crash, and what still decodes is what was compressed")
    func damaged() {
        let text = Array(repeating: Array("metric{a=\"b\"} 1\n".utf8), count: 20).flatMap { $0 }
        let whole = Gzip.compress(text)
        var generator = SeededGenerator(seed: 77)
        var decoder = GzipDecoder()
        for _ in 0..<2_000 {
            var bytes = whole
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            if let result = try? decoder.decompress(bytes.span, limit: 10_000) {
                #expect(result == text)
            }
        }
        let again = try? decoder.decompress(whole.span, limit: 10_000)
        #expect(again == text)
    }
}
