import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1

/// Lets a service look after itself: an image from scratch holds no other program that could.
///
/// `/service health`, run in the container of the service, ends with 0 when the service answers.
package enum HealthCheck {
    /// Checks and ends the process when the program was started for that; returns otherwise.
    ///
    /// - Parameter path: What the service must answer with status 200.
    package static func runIfAsked(path: String = "/metrics") async {
        guard CommandLine.arguments.dropFirst().first == "health" else { return }
        let request = HTTPClientRequest(url: "http://127.0.0.1:\(ServiceSettings.port)\(path)")
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(2))
            print(response.status)
            exit(response.status == .ok ? 0 : 1)
        } catch {
            print("no answer: \(error)")
            exit(1)
        }
    }
}
