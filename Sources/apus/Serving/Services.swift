import ApusDiscovery
import ApusScrape
import ApusStorage
import Logging
import ServiceLifecycle
import UnixSignals

/// Syncs, compacts and expires until shutdown; the store itself is closed when everything else has ended.
struct StorageService: Service {
    let storage: Storage

    func run() async throws {
        await cancelWhenGracefulShutdown { await storage.run() }
    }
}

/// Finds targets and scrapes them until shutdown.
struct ScrapingService: Service {
    let scraping: ScrapeManager
    let discovery: DiscoveryManager

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await scraping.run() }
                group.addTask { await discovery.run() }
            }
        }
    }
}

/// Reloads the configuration on SIGHUP.
struct ReloadService: Service {
    let reload: @Sendable () async throws -> Void
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in await UnixSignalsSequence(trapping: .sighup) {
                do {
                    try await reload()
                } catch {
                    logger.error("the configuration stays as it was: \(error)")
                }
            }
        }
    }
}

/// Ends the server when somebody asks for it by HTTP.
struct QuitRequest: Service {
    private let requests: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (requests, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    /// Begins the shutdown and returns at once.
    func request() {
        continuation.yield()
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in requests { return }
        }
    }
}
