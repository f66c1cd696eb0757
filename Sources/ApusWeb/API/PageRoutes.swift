import HTTPTypes

/// The pages and files of the web interface.
struct PageRoutes: Sendable {
    /// The paths that show a page; what the page shows is up to the interface.
    static let pages = ["/", "/explore", "/graph", "/query", "/targets", "/containers", "/status"]

    let assets: Result<AssetTable, AssetError>

    func addRoutes(to routes: inout RouteTable) {
        routes.add(Route("/", place: .eventLoop) { request throws(APIError) in page(request) }, at: Self.pages)
        routes.add(Route("/ui/*path", place: .eventLoop) { request throws(APIError) in file(request) }, prefix: "/ui/")
    }

    private func page(_ request: WebRequest) -> Reply {
        switch assets {
        case .success(let table):
            return Self.reply(table.page, cacheControl: "no-cache", request)
        case .failure(let error):
            return .text("\(error)\n", status: .serviceUnavailable)
        }
    }

    private func file(_ request: WebRequest) -> Reply {
        guard case .success(let table) = assets, let slash = request.pathVariable.firstIndex(of: "/"),
            request.pathVariable[..<slash] == table.id,
            let asset = table.asset(at: String(request.pathVariable[slash...].dropFirst()))
        else { return .notFound }
        return Self.reply(asset, cacheControl: "public, max-age=31536000, immutable", request)
    }

    private static func reply(_ asset: AssetTable.Asset, cacheControl: String, _ request: WebRequest) -> Reply {
        var fields: HTTPFields = [.cacheControl: cacheControl, .eTag: asset.entityTag]
        if matches(request.fields[values: .ifNoneMatch], asset.entityTag) {
            return Reply(status: .notModified, fields: fields, body: .bytes([]))
        }
        fields[.contentType] = asset.mediaType
        return Reply(status: .ok, fields: fields, body: .asset(asset))
    }

    /// Whether an `If-None-Match` header names the tag; weak tags count, as the comparison is the weak one.
    private static func matches(_ headers: [String], _ tag: String) -> Bool {
        for header in headers {
            for part in header.split(separator: ",") {
                var name = part.drop { $0 == " " }
                while name.last == " " { name.removeLast() }
                if name.hasPrefix("W/") { name = name.dropFirst(2) }
                if name == "*" || name == tag { return true }
            }
        }
        return false
    }
}
