import ApusPromQL
import ApusTestSupport
import Foundation
import Testing

@Suite(
    "Expressions found in the wild", .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absenceComment)))
struct ConformanceTests {
    /// Reads an expression and its printed forms; says what is wrong, if anything is.
    private static func problem(_ entry: Corpus.Entry) -> String? {
        do {
            let expression = try Parser.parse(entry.text)
            for printed in [expression.description, expression.prettyText]
            where try Parser.parse(printed) != expression {
                return "\(entry.place): \(entry.text) prints as \(printed)"
            }
            return nil
        } catch {
            return "\(entry.place): \(entry.text): \(error)"
        }
    }

    @Test("every query of the scripts that need not fail is read, and prints back")
    func scripts() throws {
        let entries = try Corpus.scripts()
        #expect(entries.count > 1_500)
        #expect(entries.compactMap(Self.problem) == [])
    }

    @Test("the expressions of the web editor's grammar are read, but for those it marks as wrong")
    func editorCorpus() throws {
        let cases = try Corpus.editorCases()
        #expect(cases.count > 70)
        for (entry, isWrong) in cases {
            let problem = Self.problem(entry)
            if isWrong {
                #expect(problem != nil, "\(entry.place) is wrong, but was read")
            } else {
                #expect(problem == nil)
            }
        }
    }

    @Test("the expressions of real dashboards are read, and print back")
    func dashboards() throws {
        let entries = try Corpus.dashboards()
        #expect(entries.count > 900)
        #expect(entries.compactMap(Self.problem) == [])
    }

    @Test("damaged expressions are refused inside their text or print back, and nothing crashes")
    func mutations() throws {
        let corpus = (try Corpus.scripts() + Corpus.editorCases().map(\.entry) + Corpus.dashboards()).map {
            Array($0.text.utf8)
        }
        let seed: UInt64 = 0xC0FFEE
        var generator = SeededGenerator(seed: seed)
        var readCount = 0
        for round in 0..<6_000 {
            let text = String(decoding: Self.mutation(of: corpus, using: &generator), as: UTF8.self)
            do {
                let expression = try Parser.parse(text)
                readCount += 1
                for printed in [expression.description, expression.prettyText]
                where (try? Parser.parse(printed)) != expression {
                    Issue.record("seed \(seed), round \(round): \(text.debugDescription) prints as \(printed)")
                }
            } catch {
                let length = text.utf8.count
                let isInside =
                    0 <= error.range.start && error.range.start <= error.range.end && error.range.end <= length
                if !isInside || error.line < 1 || error.column < 1 || error.column > length + 1 {
                    Issue.record("seed \(seed), round \(round): \(text.debugDescription): \(error) at \(error.range)")
                }
            }
        }
        #expect(readCount > 300)
    }

    /// An expression with bytes changed, left out, doubled, or with a run of another expression put into it.
    private static func mutation(of corpus: [[UInt8]], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = corpus[Int.random(in: 0..<corpus.count, using: &generator)]
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &generator)], at: index)
            case 3: bytes.removeSubrange(index..<min(bytes.count, index + Int.random(in: 1...12, using: &generator)))
            default:
                let other = corpus[Int.random(in: 0..<corpus.count, using: &generator)]
                let start = Int.random(in: 0...other.count, using: &generator)
                bytes.insert(contentsOf: other[start..<min(other.count, start + 16)], at: index)
            }
        }
        return bytes
    }
}
