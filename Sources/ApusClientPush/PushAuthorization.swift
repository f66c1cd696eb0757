/// How a Pushgateway, or the proxy before it, knows who pushes.
///
/// ```swift
/// let authorization = PushAuthorization.basic(user: "backup", password: "secret")
/// let gateway = try PushGateway("https://push.example.com", job: "backup", authorization: authorization)
/// ```
public enum PushAuthorization: Sendable, Hashable {
    /// A name and a password.
    case basic(user: String, password: String)
    /// A token.
    case bearer(String)

    /// The `Authorization` header.
    var header: String {
        switch self {
        case .basic(let user, let password): "Basic \(Base64.text(Array("\(user):\(password)".utf8)))"
        case .bearer(let token): "Bearer \(token)"
        }
    }
}
