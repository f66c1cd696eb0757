package import ApusConfig
import CApusDNS

/// What became of the question for one name.
package enum DNSOutcome: Sendable, Hashable {
    /// The records; none when the name does not exist or has none of the type.
    case records([DNSRecord])
    /// No server gave a usable answer.
    case failed(String)
}

/// Asks the DNS.
package struct DNSResolver: Sendable {
    /// `address:port` of the servers; `nil` for those of resolv.conf.
    package var servers: [String]?
    /// How long one server may take before it is asked again or the next one is; milliseconds.
    package var timeout = 2_000
    /// How often each server is asked.
    package var tries = 2
    /// How long all names together may take; milliseconds.
    package var deadline = 10_000

    private let queue = BlockingQueue(label: "apus.dns")

    /// A resolver.
    ///
    /// - Parameter servers: `address:port` of the servers; `nil` for those of resolv.conf.
    package init(servers: [String]? = nil) {
        self.servers = servers
    }

    /// Asks for all names at once, with the search domains of resolv.conf.
    ///
    /// Waits on a thread of its own; ends soon when the calling task is cancelled.
    /// - Returns: one outcome per name.
    package func lookUp(
        _ names: [String], _ type: DNSDiscoveryConfiguration.RecordType
    ) async -> [DNSOutcome] {
        let batch: Batch
        do {
            batch = try Batch(resolver: self)
        } catch {
            return names.map { _ in .failed("the resolver cannot be set up: \(error.reason)") }
        }
        let deadline = deadline
        return await withTaskCancellationHandler {
            await queue.run { batch.ask(names, type.number, deadline: deadline) }
        } onCancel: {
            batch.cancel()
        }
    }
}

extension DNSDiscoveryConfiguration.RecordType {
    /// The number of the type in messages.
    var number: UInt16 {
        switch self {
        case .srv: DNSMessage.TypeNumber.srv
        case .a: DNSMessage.TypeNumber.a
        case .aaaa: DNSMessage.TypeNumber.aaaa
        case .mx: DNSMessage.TypeNumber.mx
        case .ns: DNSMessage.TypeNumber.ns
        }
    }
}

private struct ResolverError: Error {
    let reason: String
}

/// Owns the C side of one round of questions.
///
/// Unchecked: `ask` is called once, on one thread; `cancel` only stores an atomic flag, and the handle lives as long as
/// this object.
@safe private final class Batch: @unchecked Sendable {
    private let handle: OpaquePointer

    init(resolver: DNSResolver) throws(ResolverError) {
        var reason: UnsafePointer<CChar>?
        let servers = resolver.servers?.joined(separator: ",")
        let handle = unsafe servers.withOptionalCString { servers in
            unsafe apus_dns_batch_create(
                servers, Int32(clamping: resolver.timeout), Int32(clamping: resolver.tries), &reason)
        }
        guard let handle = unsafe handle else {
            throw ResolverError(reason: unsafe reason.map { unsafe String(cString: $0) } ?? "unknown")
        }
        unsafe self.handle = handle
    }

    deinit {
        unsafe apus_dns_batch_free(handle)
    }

    func cancel() {
        unsafe apus_dns_batch_cancel(handle)
    }

    func ask(_ names: [String], _ type: UInt16, deadline: Int) -> [DNSOutcome] {
        let indices = names.map { name in unsafe apus_dns_batch_add(handle, name, Int32(type)) }
        unsafe apus_dns_batch_run(handle, Int32(clamping: deadline))
        return indices.map { $0 < 0 ? .failed("out of memory") : outcome($0) }
    }

    private func outcome(_ index: Int32) -> DNSOutcome {
        switch unsafe apus_dns_batch_outcome(handle, index) {
        case apus_dns_answered:
            var length = 0
            guard let bytes = unsafe apus_dns_batch_answer(handle, index, &length) else { return .records([]) }
            let message = unsafe [UInt8](UnsafeBufferPointer(start: bytes, count: length))
            do throws(DNSMessageError) {
                return .records(try DNSMessage(message).records)
            } catch {
                return .failed("\(error)")
            }
        case apus_dns_empty: return .records([])
        default:
            guard let reason = unsafe apus_dns_batch_reason(handle, index) else { return .failed("unknown") }
            return .failed(unsafe String(cString: reason))
        }
    }
}

extension Optional where Wrapped == String {
    fileprivate func withOptionalCString<Result>(_ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        guard let self else { return body(nil) }
        return unsafe self.withCString { unsafe body($0) }
    }
}
