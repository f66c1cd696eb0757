import ApusHTTP
import ApusModel
import ArgumentParser

/// Which server a command asks, how, and in which form it shows the answer.
struct ServerOptions: ParsableArguments {
    /// The form of the output.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table
        case json
    }

    @Option(help: "URL of the server: Apus, Prometheus, or what answers as they do.")
    var server = "http://127.0.0.1:9090"

    @Option(help: "table for people, json for programs: the server's data as it is.")
    var format = Format.table

    @Option(help: "Longest time for the whole exchange.")
    var timeout = DurationOption(milliseconds: 120_000)

    @Option(help: "User name for HTTP basic authentication.")
    var username: String?

    @Option(help: "File with the password.")
    var passwordFile: String?

    @Option(help: "File with a bearer token.")
    var bearerTokenFile: String?

    @Option(name: .customLong("header"), help: "A further header, 'Name: value'; may be repeated.")
    var headers: [String] = []

    @Option(help: "File with the certificate authorities to trust instead of the system's.")
    var caFile: String?

    @Flag(help: "Do not verify the server's certificate.")
    var insecure = false

    func validate() throws {
        guard timeout.milliseconds > 0 else { throw ValidationError("--timeout must not be 0") }
        guard username == nil || passwordFile != nil else {
            throw ValidationError("--username needs --password-file: a password on the command line can be seen by all")
        }
        guard username == nil || bearerTokenFile == nil else {
            throw ValidationError("--username and --bearer-token-file exclude each other")
        }
        for header in headers where !header.contains(":") {
            throw ValidationError("--header '\(header)' has no colon between name and value")
        }
    }

    /// The client's settings.
    var clientOptions: HTTPClientOptions {
        var options = HTTPClientOptions()
        if let username, let passwordFile {
            options.authorization = .basic(username: .literal(username), password: .file(passwordFile))
        } else if let bearerTokenFile {
            options.authorization = .credentials(type: "Bearer", .file(bearerTokenFile))
        }
        options.extraHeaders = headers.map { header in
            let parts = header.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let value = String(parts[1].drop { $0 == " " })
            return ExtraHeader(name: String(parts[0]), value: .literal(value))
        }
        if let caFile { options.tls.authorities = .file(caFile) }
        options.tls.skipsVerification = insecure
        return options
    }
}
