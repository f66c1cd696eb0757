import Foundation
import Glibc
import Synchronization

/// A DNS server on loopback that answers over UDP and TCP with whatever the test says, and counts questions.
final class FakeDNSServer: Sendable {
    /// What the server does with a question.
    enum Reply: Sendable {
        /// Answers with this response code and these records of the asked name, each type and data.
        case answer(code: UInt8, records: [(type: UInt16, data: [UInt8])])
        /// Sets the bit that says that the answer is too long; over TCP it then gives the records.
        case truncatedOverUDP(records: [(type: UInt16, data: [UInt8])])
        /// Answers with bytes that are no message, after the right number of the question.
        case garbage([UInt8])
        /// Never answers.
        case silence
    }

    let port: UInt16
    private let udp: Int32
    private let tcp: Int32
    private let isStopped = Atomic(false)
    private let finished = DispatchGroup()
    private let reply: @Sendable (_ name: String, _ type: UInt16) -> Reply
    private let questions = Mutex<[String]>([])

    /// The names that were asked for, in order, each as often as it was asked for.
    var askedNames: [String] { questions.withLock { $0 } }

    init(reply: @escaping @Sendable (_ name: String, _ type: UInt16) -> Reply) throws {
        self.reply = reply
        var found: (udp: Int32, tcp: Int32, port: UInt16)?
        // The port must be free for both protocols; the kernel chooses it for one of them.
        for _ in 0..<20 where found == nil {
            let udp = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            let tcp = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            if let port = Self.bind(udp, port: 0), Self.bind(tcp, port: port) != nil, listen(tcp, 8) == 0 {
                found = (udp, tcp, port)
            } else {
                close(udp)
                close(tcp)
            }
        }
        guard let found else { throw CocoaError(.fileWriteUnknown) }
        (udp, tcp, port) = found
        for serve in [serveUDP, serveTCP] {
            finished.enter()
            let thread = Thread { [finished] in
                serve()
                finished.leave()
            }
            thread.start()
        }
    }

    func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        finished.wait()
        close(udp)
        close(tcp)
    }

    private static func bind(_ descriptor: Int32, port: UInt16) -> UInt16? {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
            return Glibc.bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
        }
        return status ? UInt16(bigEndian: address.sin_port) : nil
    }

    private func isReadable(_ descriptor: Int32) -> Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 20) > 0
    }

    private var goesOn: Bool { !isStopped.load(ordering: .sequentiallyConsistent) }

    private func serveUDP() {
        while goesOn {
            guard isReadable(udp) else { continue }
            var buffer = [UInt8](repeating: 0, count: 1_500)
            var sender = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutableBytes(of: &sender) { bytes in
                let address = bytes.assumingMemoryBound(to: sockaddr.self).baseAddress
                let count = recvfrom(udp, &buffer, buffer.count, 0, address, &length)
                guard count > 0, let answer = answer(to: Array(buffer[..<count]), isTCP: false) else { return }
                _ = sendto(udp, answer, answer.count, 0, address, length)
            }
        }
    }

    private func serveTCP() {
        while goesOn {
            guard isReadable(tcp) else { continue }
            let connection = accept(tcp, nil, nil)
            guard connection >= 0 else { continue }
            defer { close(connection) }
            var buffer = [UInt8](repeating: 0, count: 1_500)
            guard isReadable(connection), case let count = recv(connection, &buffer, buffer.count, 0), count > 2,
                let answer = answer(to: Array(buffer[2..<count]), isTCP: true)
            else { continue }
            let framed = [UInt8(answer.count >> 8), UInt8(answer.count & 0xFF)] + answer
            _ = send(connection, framed, framed.count, Int32(MSG_NOSIGNAL))
            _ = isReadable(connection)
        }
    }

    private func answer(to question: [UInt8], isTCP: Bool) -> [UInt8]? {
        guard question.count > 16 else { return nil }
        var labels: [String] = []
        var offset = 12
        while offset < question.count, question[offset] > 0 {
            let end = offset + 1 + Int(question[offset])
            guard end < question.count else { return nil }
            labels.append(String(decoding: question[(offset + 1)..<end], as: UTF8.self))
            offset = end
        }
        guard offset + 5 <= question.count else { return nil }
        let type = UInt16(question[offset + 1]) << 8 | UInt16(question[offset + 2])
        let name = labels.joined(separator: ".")
        questions.withLock { $0.append(name) }
        let asked = Array(question[12..<(offset + 5)])
        func message(flags: UInt8, code: UInt8, records: [(type: UInt16, data: [UInt8])]) -> [UInt8] {
            var bytes = [question[0], question[1], flags, 0x80 | code, 0, 1]
            bytes += [UInt8(records.count >> 8), UInt8(records.count & 0xFF), 0, 0, 0, 0] + asked
            for record in records {
                bytes += [0xC0, 12, UInt8(record.type >> 8), UInt8(record.type & 0xFF), 0, 1, 0, 0, 0, 60]
                bytes += [UInt8(record.data.count >> 8), UInt8(record.data.count & 0xFF)] + record.data
            }
            return bytes
        }
        switch reply(name, type) {
        case .answer(let code, let records): return message(flags: 0x85, code: code, records: records)
        case .truncatedOverUDP(let records):
            return isTCP ? message(flags: 0x85, code: 0, records: records) : message(flags: 0x87, code: 0, records: [])
        case .garbage(let bytes): return [question[0], question[1]] + bytes
        case .silence: return nil
        }
    }

    /// The bytes of a name, without compression.
    static func encode(_ name: String) -> [UInt8] {
        name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    /// A record with the number of its type and its data.
    static func record(_ type: UInt16, _ data: [UInt8]) -> (type: UInt16, data: [UInt8]) {
        (type, data)
    }

    /// An SRV record.
    static func service(_ host: String, _ port: UInt16) -> (type: UInt16, data: [UInt8]) {
        record(33, [0, 1, 0, 1, UInt8(port >> 8), UInt8(port & 0xFF)] + encode(host))
    }
}
