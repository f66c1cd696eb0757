/// A night sky, drawn from the number of a day: nothing has to be fetched from anywhere.
struct Picture: Sendable {
    let caption: String
    let copyright = "Drawn by this service"
    /// The picture itself as an address, so that whoever shows the page needs no way to this service.
    let dataURL: String

    /// The sky of a day, counted from 1970; the same whenever it is asked for.
    init(day: Int) {
        let names = ["Swift", "Lyre", "Swan", "Eagle", "Dolphin", "Arrow", "Little Fox"]
        caption = "The stars of the \(names[((day % names.count) + names.count) % names.count])"
        var random = SeededNumbers(state: UInt64(truncatingIfNeeded: day))
        let stars = (0..<120).map { _ in
            let (x, y) = (random.next(800), random.next(460))
            let (radius, light) = (random.next(18) + 4, random.next(60) + 40)
            return "<circle cx='\(x)' cy='\(y)' r='\(radius / 10).\(radius % 10)' fill-opacity='.\(light)'/>"
        }
        dataURL = Self.dataURL(
            of: """
                <svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 800 500'>\
                <defs><linearGradient id='sky' x2='0' y2='1'><stop stop-color='#05070f'/>\
                <stop offset='1' stop-color='#1b2a4a'/></linearGradient></defs>\
                <rect width='800' height='500' fill='url(#sky)'/><g fill='#fff'>\(stars.joined())</g>\
                <path d='M0 470Q200 430 400 465T800 450V500H0Z' fill='#03050a'/></svg>
                """)
    }

    /// Source: RFC 2397.
    private static func dataURL(of svg: String) -> String {
        var url = "data:image/svg+xml,"
        for character in svg.unicodeScalars {
            switch character {
            case "<": url += "%3C"
            case ">": url += "%3E"
            case "#": url += "%23"
            case " ": url += "%20"
            default: url.unicodeScalars.append(character)
            }
        }
        return url
    }
}

/// Numbers that look random and are the same for the same start.
///
/// Source: SplitMix64, by Sebastiano Vigna.
private struct SeededNumbers {
    var state: UInt64

    mutating func next(_ limit: UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return (mixed ^ (mixed >> 31)) % limit
    }
}
