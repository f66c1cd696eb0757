import HTTPTypes
import Hummingbird
import NIOCore

/// What the image service says of the picture of the day.
struct ImageOfTheDay: Decodable, Sendable {
    var url: String
    var caption: String
    var copyright: String

    /// Shown when the image service does not answer.
    static let missing = ImageOfTheDay(url: "", caption: "The picture of the day is not available", copyright: "")
}

/// The page that shows a picture.
struct GalleryPage {
    let image: ImageOfTheDay

    /// The page as the answer to a request.
    var response: Response {
        Response(
            status: .ok, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    private var html: String {
        let picture = "<img src=\"\(Self.escaped(image.url))\" alt=\"\(Self.escaped(image.caption))\">"
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8"><title>Image Gallery</title>
            <style>body{font-family:sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}img{width:100%}</style>
            </head>
            <body>
            <h1>Image Gallery</h1>
            <p>\(Self.escaped(image.caption))</p>
            \(image.url.isEmpty ? "" : picture)
            <footer><small>\(Self.escaped(image.copyright))</small></footer>
            </body>
            </html>

            """
    }

    /// The text as it may stand in HTML.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
