// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target, tests included; ARCHITECTURE.md says why each is on.
let testSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

/// Settings of what ships.
///
/// Tests go without strict memory safety: what the testing macros expand to is not marked for it.
let settings: [SwiftSetting] = testSettings + [.strictMemorySafety()]

/// How programs that ship are linked: into one file that needs nothing of the machine it runs on.
///
/// So an image can hold it alone. The linker of the toolchain is named since GNU's fails on Foundation's archives, and the libraries since a static link
/// does not find them by itself.
let wholeProgram: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-static-executable", "-use-ld=lld", "-l_FoundationCollections", "-l_FoundationCShims",
        ],
        .when(platforms: [.linux], configuration: .release))
]

/// A module of ours: its name, what it imports of ours, and products from outside.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of a module, which may use what it uses.
func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies + ["ApusTestSupport"], exclude: exclude, swiftSettings: testSettings)
}

/// A program of the scene in Examples: its name and what it uses beyond what all of them do.
func example(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies + ["ExampleSupport", logging], path: "Examples/\(name)",
        swiftSettings: settings, linkerSettings: wholeProgram)
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "apus",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "apus", targets: ["apus"]),
        .library(name: "ApusClient", targets: ["ApusClient"]),
        .library(name: "ApusClientHummingbird", targets: ["ApusClientHummingbird"]),
        .library(name: "ApusClientLogging", targets: ["ApusClientLogging"]),
        .library(name: "ApusClientMetrics", targets: ["ApusClientMetrics"]),
        .library(name: "ApusClientPush", targets: ["ApusClientPush"]),
        .library(name: "ApusClientTestKit", targets: ["ApusClientTestKit"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Shims over C and C++ libraries.
        .target(name: "CApusBytes"),
        .target(name: "CApusClock"),
        .target(name: "CApusRegex", linkerSettings: [.linkedLibrary("re2"), .linkedLibrary("stdc++")]),
        .target(name: "CApusZlib", linkerSettings: [.linkedLibrary("z")]),
        .target(name: "CApusDNS", linkerSettings: [.linkedLibrary("cares")]),
        .target(name: "CApusSnappy", linkerSettings: [.linkedLibrary("snappy"), .linkedLibrary("stdc++")]),
        .target(name: "CApusYAML", linkerSettings: [.linkedLibrary("yaml")]),
        .target(name: "CApusZstd", linkerSettings: [.linkedLibrary("zstd")]),

        // Foundations.
        module("ApusBytes", ["CApusBytes"]),
        module("ApusModel", ["ApusBytes"]),
        module("ApusRegex", ["CApusRegex", "ApusModel", "ApusBytes"]),

        // Formats.
        module("ApusExposition", ["ApusModel", "ApusBytes"]),
        module("ApusEncoding", ["ApusModel", "ApusBytes"]),
        module("ApusPromQL", ["ApusRegex", "ApusModel", "ApusBytes"]),

        // Instrumentation.
        module("ApusClient", ["ApusExposition", "ApusModel", "ApusBytes"]),
        module("ApusClientLogging", ["ApusClient", logging]),
        module("ApusClientMetrics", ["ApusClient", coreMetrics]),
        module("ApusClientPush", ["ApusClient", asyncHTTPClient, nioCore, nioHTTP1]),
        module(
            "ApusClientHummingbird",
            ["CApusZlib", "ApusClient", hummingbird, hummingbirdCore, httpTypes, nioCore, logging]),
        module("ApusClientTestKit", ["ApusClient", "ApusExposition", "ApusModel", "ApusBytes"]),

        // Engines.
        module("ApusStorage", ["CApusZstd", "ApusClient", "ApusEncoding", "ApusRegex", "ApusModel", "ApusBytes"]),
        module("ApusQuery", ["ApusClient", "ApusPromQL", "ApusRegex", "ApusModel", "ApusBytes"]),
        module("ApusConfig", ["CApusYAML", "ApusPromQL", "ApusRegex", "ApusModel", "ApusBytes"]),
        module("ApusHTTP", ["CApusZlib", "ApusModel", asyncHTTPClient, nioCore, nioPosix, nioSSL, nioHTTP1]),

        // Services.
        module(
            "ApusScrape",
            ["ApusHTTP", "ApusConfig", "ApusClient", "ApusExposition", "ApusRegex", "ApusModel", "ApusBytes", logging]),
        module("ApusDiscovery", ["CApusDNS", "ApusConfig", "ApusClient", "ApusModel"]),
        module("ApusExporters", ["CApusClock", "ApusHTTP", "ApusExposition", "ApusModel", "ApusBytes"]),
        module("ApusRemote", ["CApusSnappy", "ApusClient", "ApusModel", "ApusBytes"]),
        module(
            "ApusInterchange",
            ["CApusSnappy", "CApusZstd", "ApusStorage", "ApusExposition", "ApusEncoding", "ApusModel", "ApusBytes"]),

        // Surface.
        module(
            "ApusWeb",
            [
                "CApusZlib", "ApusHTTP", "ApusScrape", "ApusExporters", "ApusInterchange", "ApusStorage", "ApusRemote",
                "ApusQuery", "ApusConfig", "ApusClient", "ApusPromQL", "ApusRegex", "ApusModel", "ApusBytes",
                hummingbirdCore, httpTypes, nioCore, nioPosix, logging, lifecycle,
            ]),

        // Program.
        .executableTarget(
            name: "apus",
            dependencies: [
                "ApusWeb", "ApusScrape", "ApusDiscovery", "ApusExporters", "ApusInterchange", "ApusStorage",
                "ApusRemote", "ApusQuery", "ApusConfig", "ApusClient", "ApusHTTP", "ApusExposition", "ApusPromQL",
                "ApusModel", "ApusBytes",
                argumentParser, logging, lifecycle, unixSignals,
            ],
            swiftSettings: settings,
            linkerSettings: wholeProgram),

        // The scene: services to watch, and who visits them.
        .target(
            name: "ExampleSupport",
            dependencies: ["ApusClientLogging", "ApusClient", hummingbird, nioCore, nioPosix, logging],
            path: "Examples/Support", swiftSettings: settings),
        example(
            "ImageGallery",
            ["ApusClientHummingbird", "ApusClient", hummingbird, asyncHTTPClient, httpTypes, nioCore, nioHTTP1]),
        example("ImageOfTheDay", ["ApusClientHummingbird", "ApusClient", hummingbird]),
        example("AccessLog", ["ApusClientHummingbird", "ApusClient", hummingbird]),
        example("LoadGenerator", [asyncHTTPClient, nioCore, nioHTTP1, lifecycle, unixSignals]),

        // Tests.
        module("ApusTestSupport", ["ApusPromQL", "ApusRegex", "ApusModel", "ApusBytes"]),
        .executableTarget(
            name: "CrashWriter", dependencies: ["ApusStorage", "ApusModel"], path: "Tests/CrashWriter",
            swiftSettings: settings),
        .executableTarget(
            name: "QueryBenchmark",
            dependencies: ["ApusStorage", "ApusQuery", "ApusModel", "ApusTestSupport"],
            path: "Benchmarks/QueryBenchmark",
            swiftSettings: testSettings),
        .executableTarget(
            name: "EncodingBenchmark",
            dependencies: ["ApusEncoding", "ApusBytes"],
            path: "Benchmarks/EncodingBenchmark",
            swiftSettings: testSettings),
        .executableTarget(
            name: "StorageBenchmark",
            dependencies: ["ApusStorage", "ApusModel"],
            path: "Benchmarks/StorageBenchmark",
            swiftSettings: testSettings),
        .executableTarget(
            name: "ClientBenchmark",
            dependencies: ["ApusClient"],
            path: "Benchmarks/ClientBenchmark",
            swiftSettings: testSettings),
        .executableTarget(
            name: "ExporterBenchmark",
            dependencies: ["ApusExporters"],
            path: "Benchmarks/ExporterBenchmark",
            swiftSettings: testSettings),
        .executableTarget(
            name: "ClientService",
            dependencies: [
                "ApusClientHummingbird", "ApusClientLogging", "ApusClientMetrics", "ApusClient", hummingbird,
                coreMetrics,
                logging,
            ],
            path: "Tests/ClientService", swiftSettings: settings),
        tests("ApusBytesTests", ["ApusBytes"]),
        tests("ApusModelTests", ["ApusModel", "ApusBytes"]),
        tests("ApusRegexTests", ["ApusRegex", "ApusModel"]),
        tests("ApusExpositionTests", ["ApusExposition", "ApusModel", "ApusBytes"]),
        tests("ApusEncodingTests", ["ApusEncoding", "ApusModel", "ApusBytes"]),
        tests("ApusPromQLTests", ["ApusPromQL", "ApusRegex", "ApusModel", "ApusBytes"]),
        tests("ApusClientTests", ["ApusClient", "ApusExposition", "ApusModel", "ApusBytes"]),
        tests("ApusClientLoggingTests", ["ApusClientLogging", "ApusClientTestKit", "ApusClient", logging]),
        tests("ApusClientMetricsTests", ["ApusClientMetrics", "ApusClientTestKit", "ApusClient", coreMetrics]),
        tests("ApusClientPushTests", ["ApusClientPush", "ApusClient", hummingbird, hummingbirdTesting]),
        tests(
            "ApusClientHummingbirdTests",
            [
                "ApusClientHummingbird", "ApusClientTestKit", "ApusClient", hummingbird, hummingbirdTesting, httpTypes,
                nioCore,
            ]),
        tests("ApusClientTestKitTests", ["ApusClientTestKit", "ApusClient"]),
        tests("ApusStorageTests", ["ApusStorage", "CrashWriter", "ApusClient", "ApusModel", "ApusBytes"]),
        tests(
            "ApusQueryTests", ["ApusQuery", "ApusPromQL", "ApusClient", "ApusModel"],
            exclude: ["Scripts"]),
        tests("ApusConfigTests", ["ApusConfig", "ApusModel"]),
        tests("ApusHTTPTests", ["ApusHTTP", "CApusZlib"]),
        tests(
            "ApusScrapeTests",
            ["ApusScrape", "ApusHTTP", "ApusConfig", "ApusClient", "ApusModel", "ApusBytes", "CApusZlib", logging]),
        tests("ApusDiscoveryTests", ["ApusDiscovery", "ApusConfig", "ApusClient", "ApusModel"]),
        tests("ApusExportersTests", ["ApusExporters"]),
        tests("ApusRemoteTests", ["ApusRemote", "ApusClient", "ApusModel", "ApusBytes"]),
        tests("ApusInterchangeTests", ["ApusInterchange", "ApusStorage", "ApusModel", "ApusBytes"]),
        tests(
            "ApusWebTests",
            [
                "ApusWeb", "ApusExporters", "ApusQuery", "ApusPromQL", "ApusClient", "ApusModel", hummingbirdCore,
                httpTypes, nioCore, logging, lifecycle,
            ]),
        tests("RollupTests", ["ApusStorage", "ApusQuery", "ApusModel"]),
        tests("FuzzTests", ["FuzzTargets"]),
        tests("ArchitectureTests", []),

        // Decoders and parsers as the fuzzer sees them.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "ApusInterchange", "ApusRemote", "ApusStorage", "ApusConfig", "ApusClient", "ApusPromQL",
                "ApusExposition", "ApusEncoding", "ApusModel", "ApusBytes",
            ],
            path: "Fuzz/Targets", swiftSettings: testSettings),
    ],
    cxxLanguageStandard: .cxx17
)

// The fuzzer itself needs a build of its own: `tools/fuzz`.
if Context.environment["APUS_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzzer", dependencies: ["FuzzTargets", "ApusStorage"], path: "Fuzz/Driver",
            swiftSettings: testSettings,
            // The older linker that is the default fails on the instrumented code.
            linkerSettings: [.unsafeFlags(["-use-ld=lld"])]))
}
