import ApusModel

/// Splits the text of an expression into tokens, one at a time.
struct Lexer {
    let text: [UInt8]
    private var position = 0
    private var start = 0
    private var openParentheses = 0
    private var isInBraces = false
    private var isInBrackets = false
    /// Whether the colon between the window and the step of a subquery was seen.
    private var hasSeenColon = false

    init(_ text: [UInt8]) {
        self.text = text
    }

    /// The next token; at the end of the text `endOfInput`, again and again.
    mutating func next() throws(ParseError) -> Token {
        skipSpaceAndComments()
        start = position
        guard let byte = peek() else { return try endOfInput() }
        if isInBraces { return try nextInBraces(byte) }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
            return try string(quote: byte)
        case _ where Self.isDigit(byte) || (byte == UInt8(ascii: ".") && peek(1).map(Self.isDigit) == true):
            return try numberOrDuration()
        case _ where Self.isLetter(byte) || byte == UInt8(ascii: ":"):
            return isInBrackets ? try wordInBrackets() : word()
        default:
            return try symbol(byte)
        }
    }

    // MARK: Symbols

    private mutating func symbol(_ byte: UInt8) throws(ParseError) -> Token {
        switch byte {
        case UInt8(ascii: ","): return token(.comma, length: 1)
        case UInt8(ascii: "*"): return token(.binary(.multiply), length: 1)
        case UInt8(ascii: "/"): return token(.binary(.divide), length: 1)
        case UInt8(ascii: "%"): return token(.binary(.modulo), length: 1)
        case UInt8(ascii: "+"): return token(.binary(.add), length: 1)
        case UInt8(ascii: "-"): return token(.binary(.subtract), length: 1)
        case UInt8(ascii: "^"): return token(.binary(.power), length: 1)
        case UInt8(ascii: "@"): return token(.at, length: 1)
        case UInt8(ascii: "="):
            if peek(1) == UInt8(ascii: "=") { return token(.binary(.equal), length: 2) }
            if peek(1) == UInt8(ascii: "~") { throw failure("unexpected character after '=': '~'") }
            return token(.assign, length: 1)
        case UInt8(ascii: "!"):
            if peek(1) == UInt8(ascii: "=") { return token(.binary(.notEqual), length: 2) }
            throw failure("unexpected character after '!': \(quotedCharacter(at: position + 1))")
        case UInt8(ascii: "<"):
            if peek(1) == UInt8(ascii: "=") { return token(.binary(.lessOrEqual), length: 2) }
            if peek(1) == UInt8(ascii: "/") { return token(.binary(.trimUpper), length: 2) }
            return token(.binary(.less), length: 1)
        case UInt8(ascii: ">"):
            if peek(1) == UInt8(ascii: "=") { return token(.binary(.greaterOrEqual), length: 2) }
            if peek(1) == UInt8(ascii: "/") { return token(.binary(.trimLower), length: 2) }
            return token(.binary(.greater), length: 1)
        case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"):
            return try bracket(byte)
        default:
            throw failure("unexpected character: \(quotedCharacter(at: position))")
        }
    }

    private mutating func bracket(_ byte: UInt8) throws(ParseError) -> Token {
        switch byte {
        case UInt8(ascii: "("):
            openParentheses += 1
            return token(.leftParenthesis, length: 1)
        case UInt8(ascii: ")"):
            openParentheses -= 1
            guard openParentheses >= 0 else {
                start += 1
                throw failure("unexpected right parenthesis ')'")
            }
            return token(.rightParenthesis, length: 1)
        case UInt8(ascii: "["):
            guard !isInBrackets else { throw failure("unexpected left bracket '['") }
            isInBrackets = true
            hasSeenColon = false
            return token(.leftBracket, length: 1)
        case UInt8(ascii: "]"):
            guard isInBrackets else { throw failure("unexpected right bracket ']'") }
            isInBrackets = false
            return token(.rightBracket, length: 1)
        default:
            isInBraces = true
            return token(.leftBrace, length: 1)
        }
    }

    private mutating func nextInBraces(_ byte: UInt8) throws(ParseError) -> Token {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): return try string(quote: byte)
        case UInt8(ascii: ","): return token(.comma, length: 1)
        case UInt8(ascii: "="):
            if peek(1) == UInt8(ascii: "~") { return token(.matchesPattern, length: 2) }
            return token(.assign, length: 1)
        case UInt8(ascii: "!"):
            if peek(1) == UInt8(ascii: "~") { return token(.matchesNotPattern, length: 2) }
            if peek(1) == UInt8(ascii: "=") { return token(.binary(.notEqual), length: 2) }
            throw failure("unexpected character after '!' inside braces: \(quotedCharacter(at: position + 1))")
        case UInt8(ascii: "{"): throw failure("unexpected left brace '{'")
        case UInt8(ascii: "}"):
            isInBraces = false
            return token(.rightBrace, length: 1)
        case _ where Self.isLetter(byte):
            var length = 1
            while let next = peek(length), Self.isLetter(next) || Self.isDigit(next) { length += 1 }
            return token(.identifier, length: length)
        default:
            throw failure("unexpected character inside braces: \(quotedCharacter(at: position))")
        }
    }

    private func endOfInput() throws(ParseError) -> Token {
        if isInBraces { throw failure("unexpected end of input inside braces") }
        if openParentheses != 0 { throw failure("unclosed left parenthesis") }
        if isInBrackets { throw failure("unclosed left bracket") }
        return Token(kind: .endOfInput, range: SourceRange(start: position, end: position))
    }

    // MARK: Words

    private mutating func word() -> Token {
        var length = 0
        while let byte = peek(length), Self.isLetter(byte) || Self.isDigit(byte) || byte == UInt8(ascii: ":") {
            length += 1
        }
        let kind = TokenKind(word: string(from: position, length: length))
        switch kind {
        case .keyword(.fill), .keyword(.fillLeft), .keyword(.fillRight):
            // They came late to the language, so they are keywords only where nothing else can stand.
            return token(isFollowedByParenthesis(after: length) ? kind : .identifier, length: length)
        default:
            return token(kind, length: length)
        }
    }

    private mutating func wordInBrackets() throws(ParseError) -> Token {
        if peek() == UInt8(ascii: ":") {
            guard !hasSeenColon else { throw failure("unexpected colon ':'") }
            hasSeenColon = true
            return token(.colon, length: 1)
        }
        var length = 0
        while let byte = peek(length), Self.isLetter(byte) { length += 1 }
        switch QueryFunction(rawValue: string(from: position, length: length).lowercased()) {
        case .step: return token(.queryFunction(.step), length: length)
        case .range: return token(.queryFunction(.range), length: length)
        case .minimum: return token(.queryFunction(.minimum), length: length)
        case .maximum: return token(.queryFunction(.maximum), length: length)
        default:
            throw failure("unexpected character in duration expression: \(quotedCharacter(at: position))")
        }
    }

    private func isFollowedByParenthesis(after length: Int) -> Bool {
        var index = position + length
        while index < text.count, Self.isSpace(text[index]) { index += 1 }
        return index < text.count && text[index] == UInt8(ascii: "(")
    }

    // MARK: Literals

    private mutating func string(quote: UInt8) throws(ParseError) -> Token {
        let isRaw = quote == UInt8(ascii: "`")
        var length = 1
        while true {
            guard let byte = peek(length), isRaw || byte != UInt8(ascii: "\n") else {
                throw failure(isRaw ? "unterminated raw string" : "unterminated quoted string")
            }
            length += 1
            if byte == quote { return token(.string, length: length) }
            // What an escape means is found out when the text is taken; here only its length matters.
            if byte == UInt8(ascii: "\\"), !isRaw {
                guard peek(length) != nil else { throw failure("escape sequence not terminated") }
                length += 1
            }
        }
    }

    private mutating func numberOrDuration() throws(ParseError) -> Token {
        let (numberLength, isNumber) = NumberSyntax.scanNumber(text, from: position)
        if isNumber { return token(.number, length: numberLength) }
        let (length, isDuration) = NumberSyntax.scanUnits(text, from: position + numberLength)
        if isDuration { return token(.duration, length: numberLength + length) }
        let spelled = string(from: position, length: numberLength + length)
        throw failure("bad number or duration syntax: \(QuotedText.quoted(spelled))")
    }

    // MARK: Bytes

    /// The text of a range, which always falls on character boundaries.
    func string(from start: Int, length: Int) -> String {
        String(decoding: text[start..<(start + length)], as: UTF8.self)
    }

    private mutating func skipSpaceAndComments() {
        while let byte = peek() {
            if Self.isSpace(byte) {
                position += 1
            } else if byte == UInt8(ascii: "#") {
                while let next = peek(), next != UInt8(ascii: "\n"), next != UInt8(ascii: "\r") { position += 1 }
            } else {
                return
            }
        }
    }

    private mutating func token(_ kind: TokenKind, length: Int) -> Token {
        let range = SourceRange(start: position, end: position + length)
        position += length
        return Token(kind: kind, range: range)
    }

    private func peek(_ distance: Int = 0) -> UInt8? {
        position + distance < text.count ? text[position + distance] : nil
    }

    private func failure(_ message: String) -> ParseError {
        ParseError(message, at: SourceRange(start: start, end: text.count), in: text)
    }

    /// The character at an offset in single quotes, as Go's `%q` writes it.
    private func quotedCharacter(at offset: Int) -> String {
        guard offset < text.count else { return "'\u{FFFD}'" }
        var end = offset + 1
        while end < text.count, text[end] & 0xC0 == 0x80 { end += 1 }
        let quoted = QuotedText.quoted(string(from: offset, length: end - offset)).dropFirst().dropLast()
        return quoted == "\\\"" ? "'\"'" : "'\(quoted)'"
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n")
            || byte == UInt8(ascii: "\r")
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")) || byte == UInt8(ascii: "_")
    }
}
