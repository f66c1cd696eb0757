import HTTPTypes

/// What a path does.
struct Route: Sendable {
    typealias Handler = @Sendable (WebRequest) async throws(APIError) -> Reply

    /// How much of the program must be up before the route answers.
    enum Readiness: Sendable {
        /// Answers as soon as the server listens.
        case always
        /// Answers 503 until stored data can be queried.
        case whenReady
    }

    /// Where the handler runs.
    enum Place: Sendable {
        /// On the connection's event loop: for handlers that leave the work to other threads or have next to none.
        case eventLoop
        /// On the cooperative pool: for handlers that gather or sort themselves.
        case pool
    }

    /// The path as metrics name it, with variables as `:name`.
    let name: String
    let methods: [HTTPRequest.Method]
    let readiness: Readiness
    let place: Place
    /// Whether a `POST` carries parameters in a form body.
    let takesForm: Bool
    /// The largest body that is handed to the handler as it came, in bytes; `nil` when it is not wanted.
    let maxBodyBytes: Int?
    /// Makes what takes the body as it comes; called before any of it is read, with the header fields and the URL's parameters.
    let makeSink: (@Sendable (HTTPFields, FormParameters) throws(APIError) -> any BodySink)?
    /// Whether a request changes something, so that other sites' pages must not make browsers send it.
    let changesState: Bool
    /// The words of the 405 answer where the peers have their own.
    let wrongMethodText: String?
    let handler: Handler

    init(
        _ name: String,
        _ methods: [HTTPRequest.Method] = [.get],
        readiness: Readiness = .always,
        place: Place = .pool,
        takesForm: Bool = false,
        maxBodyBytes: Int? = nil,
        makeSink: (@Sendable (HTTPFields, FormParameters) throws(APIError) -> any BodySink)? = nil,
        changesState: Bool = false,
        wrongMethodText: String? = nil,
        handler: @escaping Handler
    ) {
        self.name = name
        self.methods = methods
        self.readiness = readiness
        self.place = place
        self.takesForm = takesForm
        self.maxBodyBytes = maxBodyBytes
        self.makeSink = makeSink
        self.changesState = changesState
        self.wrongMethodText = wrongMethodText
        self.handler = handler
    }

    /// Whether the route belongs to the HTTP API.
    var isAPI: Bool { name.hasPrefix(RouteTable.apiPrefix) }

    /// Whether the route answers a method; `HEAD` is `GET` without a body, but the API, like the peers', has none.
    func answers(_ method: HTTPRequest.Method) -> Bool {
        methods.contains(method) || (method == .head && !isAPI && methods.contains(.get))
    }
}

/// All routes, found by path.
///
/// A table of our own rather than a router's tree: few paths have variables, and a path that exists must say 405 with
/// the methods it takes, not 404.
struct RouteTable: Sendable {
    static let apiPrefix = "/api/v1/"

    private struct Pattern: Sendable {
        let prefix: String
        let suffix: String
        let route: Route
    }

    private var exact: [String: Route] = [:]
    private var patterns: [Pattern] = []

    /// A route that was found, and the part of the path that stands for its variable, still encoded.
    struct Match: Sendable {
        let route: Route
        let variable: Substring
    }

    /// Adds a route at its own name, or at several paths.
    mutating func add(_ route: Route, at paths: [String] = []) {
        for path in paths.isEmpty ? [route.name] : paths { exact[path] = route }
    }

    /// Adds a route for the paths between a prefix and a suffix; the part between them is the variable and not empty.
    mutating func add(_ route: Route, prefix: String, suffix: String = "") {
        patterns.append(Pattern(prefix: prefix, suffix: suffix, route: route))
    }

    /// The names of all routes.
    var names: [String] { (exact.values + patterns.map(\.route)).map(\.name) }

    /// The route of a path.
    func match(_ path: some StringProtocol) -> Match? {
        let path = String(path)
        if let route = exact[path] { return Match(route: route, variable: "") }
        for pattern in patterns
        where path.hasPrefix(pattern.prefix) && path.hasSuffix(pattern.suffix)
            && path.utf8.count > pattern.prefix.utf8.count + pattern.suffix.utf8.count
        {
            let variable = path.utf8.dropFirst(pattern.prefix.utf8.count).dropLast(pattern.suffix.utf8.count)
            return Match(route: pattern.route, variable: Substring(variable))
        }
        return nil
    }
}
