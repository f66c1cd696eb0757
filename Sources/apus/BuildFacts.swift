/// What this build is.
enum BuildFacts {
    /// The version of Apus.
    static let version = "0.1.0"

    /// The compiler's language version, as the build information shows it.
    static var compiler: String {
        #if swift(>=6.3)
            "Swift 6.3"
        #else
            "Swift 6.2"
        #endif
    }

    /// What `apus --version` prints.
    static var versionText: String { "apus \(version) (\(compiler))" }
}
