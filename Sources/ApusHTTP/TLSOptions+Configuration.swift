import NIOSSL

extension TLSOptions {
    /// The TLS library's configuration for these options; reads the files they name.
    ///
    /// - Throws: `unusableFile` when a file is missing or is no PEM of the right kind.
    func makeConfiguration() throws(HTTPFetchError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let authorities { configuration.trustRoots = .certificates(try Self.certificates(authorities)) }
        if let certificate {
            configuration.certificateChain = try Self.certificates(certificate).map { .certificate($0) }
        }
        if let key { configuration.privateKey = .privateKey(try Self.privateKey(key)) }
        if skipsVerification { configuration.certificateVerification = .none }
        configuration.minimumTLSVersion = minimumVersion?.libraryValue ?? .tlsv12
        configuration.maximumTLSVersion = maximumVersion?.libraryValue
        return configuration
    }

    private static func certificates(_ material: TLSMaterial) throws(HTTPFetchError) -> [NIOSSLCertificate] {
        do {
            return switch material {
            case .text(let text): try NIOSSLCertificate.fromPEMBytes(Array(text.utf8))
            case .file(let path): try NIOSSLCertificate.fromPEMFile(path)
            }
        } catch {
            throw .unusableFile(path: name(material), reason: "no PEM certificate could be read (\(error))")
        }
    }

    private static func privateKey(_ material: TLSMaterial) throws(HTTPFetchError) -> NIOSSLPrivateKey {
        do {
            return switch material {
            case .text(let text): try NIOSSLPrivateKey(bytes: Array(text.utf8), format: .pem)
            case .file(let path): try NIOSSLPrivateKey(file: path, format: .pem)
            }
        } catch {
            throw .unusableFile(path: name(material), reason: "no PEM private key could be read (\(error))")
        }
    }

    private static func name(_ material: TLSMaterial) -> String {
        switch material {
        case .text: "the configuration's PEM text"
        case .file(let path): path
        }
    }
}

extension TLSVersion {
    fileprivate var libraryValue: NIOSSL.TLSVersion {
        switch self {
        case .tls10: .tlsv1
        case .tls11: .tlsv11
        case .tls12: .tlsv12
        case .tls13: .tlsv13
        }
    }
}
