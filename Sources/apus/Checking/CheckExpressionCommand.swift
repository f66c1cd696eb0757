import ApusBytes
import ApusPromQL
import ArgumentParser
import Glibc

/// `apus check expr`: reads one expression a line.
struct CheckExpressionCommand: AsyncParsableCommand {
    /// The form of the output.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text
        case json
    }

    static let configuration = CommandConfiguration(
        commandName: "expr", abstract: "Check PromQL expressions, one a line.",
        discussion: """
            Empty lines and lines that begin with # are skipped. Ends with 1 when an expression is wrong, with 2 when the \
            file cannot be read.
            """)

    @Option(help: "text, or json for programs: every expression, good or bad.")
    var format = Format.text

    @Argument(help: "The file, or - for the standard input.")
    var file: String

    func run() async throws {
        let content: [UInt8]
        do {
            content = try await BlockingWork.run { [file] () throws(InputFileError) in try InputFile.read(file) }
        } catch {
            Terminal.report("\(error)")
            throw ExitCode(2)
        }
        let name = file == "-" ? "stdin" : file
        let checks = ExpressionCheck.all(in: content)
        switch format {
        case .json:
            print("[" + checks.map { $0.json(file: name) }.joined(separator: ",\n ") + "]")
        case .text:
            for check in checks { for line in check.lines(file: name) { print(line) } }
        }
        if checks.contains(where: { $0.error != nil }) { throw ExitCode(1) }
    }
}

/// One expression of a file, checked.
struct ExpressionCheck: Sendable {
    /// The line in the file, from 1.
    let line: Int
    /// The bytes of the line before the expression.
    let indentation: Int
    let expression: String
    /// What is wrong; `nil` when nothing is.
    let error: ParseError?

    /// The expressions of a file's content.
    static func all(in content: [UInt8]) -> [ExpressionCheck] {
        var checks: [ExpressionCheck] = []
        let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
            let text = line.drop(while: isSpace)
            guard let first = text.first, first != UInt8(ascii: "#") else { continue }
            let end = text.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? text.endIndex
            let expression = String(decoding: text[..<end], as: UTF8.self)
            var failure: ParseError?
            do throws(ParseError) {
                _ = try Parser.parse(expression)
            } catch {
                failure = error
            }
            checks.append(
                ExpressionCheck(
                    line: index + 1, indentation: text.startIndex - line.startIndex, expression: expression,
                    error: failure))
        }
        return checks
    }

    /// `FILE:LINE:COLUMN: message`, the expression and a mark; nothing for a good one.
    func lines(file: String) -> [String] {
        guard let error else { return [] }
        let excerpt = Excerpt.lines(of: expression, start: error.range.start, end: error.range.end)
        return ["\(file):\(line):\(column(error)): \(Terminal.harmless(error.message))"] + excerpt.map { "  " + $0 }
    }

    /// An object: file, line, expression and whether it is good; of a bad one also the error and its place.
    func json(file: String) -> String {
        var fields = [
            "\"file\":\(JSONString.quoted(file))", "\"line\":\(line)",
            "\"expression\":\(JSONString.quoted(expression))", "\"ok\":\(error == nil)",
        ]
        if let error {
            fields.append("\"error\":\(JSONString.quoted(error.message))")
            fields.append("\"column\":\(column(error))")
            fields.append("\"position\":{\"start\":\(error.range.start),\"end\":\(error.range.end)}")
        }
        return "{" + fields.joined(separator: ",") + "}"
    }

    private func column(_ error: ParseError) -> Int { error.column + indentation }
}
