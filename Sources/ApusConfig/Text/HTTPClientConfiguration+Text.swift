extension HTTPClientConfiguration {
    /// The fields as they are shown inline in a section.
    var shown: [ShownValue.Field] {
        var fields = ShownFields()
        if let basicAuthentication { fields.add("basic_auth", basicAuthentication.shown) }
        if let authorization { fields.add("authorization", authorization.shown) }
        if let oauth2 { fields.add("oauth2", .mapping(oauth2.shown)) }
        fields.addUnlessEmpty("tls_config", tls.shown)
        fields.add("follow_redirects", .flag(followsRedirects))
        fields.add("enable_http2", .flag(enablesHTTP2))
        fields.addUnlessEmpty("proxy_url", URLText.withoutPassword(proxy.url))
        fields.addUnlessEmpty("no_proxy", proxy.bypass)
        fields.addUnlessFalse("proxy_from_environment", proxy.followsEnvironment)
        if !proxy.connectHeaders.isEmpty {
            fields.add(
                "proxy_connect_header",
                .mapping(
                    proxy.connectHeaders.map { ShownValue.Field($0.name, .list($0.values.map { _ in .secret })) }))
        }
        if !headers.isEmpty {
            fields.add("http_headers", .mapping(headers.map { ShownValue.Field($0.name, $0.shown) }))
        }
        return fields.fields
    }
}

extension HTTPClientConfiguration.BasicAuthentication {
    fileprivate var shown: ShownValue {
        var fields = ShownFields()
        fields.addUnlessEmpty("username", username)
        fields.addUnlessEmpty("username_file", usernameFile)
        fields.addUnlessNil("password", password)
        fields.addUnlessEmpty("password_file", passwordFile)
        return fields.value
    }
}

extension HTTPClientConfiguration.Authorization {
    fileprivate var shown: ShownValue {
        var fields = ShownFields()
        fields.add("type", .text(type))
        fields.addUnlessNil("credentials", credentials)
        fields.addUnlessEmpty("credentials_file", credentialsFile)
        return fields.value
    }
}

extension HTTPClientConfiguration.Header {
    fileprivate var shown: ShownValue {
        var fields = ShownFields()
        fields.addUnlessEmpty("values", values)
        fields.addUnlessEmpty("secrets", values: secrets.map { _ in .secret })
        fields.addUnlessEmpty("files", files)
        return fields.value
    }
}

extension TLSConfiguration {
    fileprivate var shown: ShownFields {
        var fields = ShownFields()
        fields.addUnlessEmpty("ca", authorities)
        fields.addUnlessEmpty("cert", certificate)
        fields.addUnlessNil("key", key)
        fields.addUnlessEmpty("ca_file", authoritiesFile)
        fields.addUnlessEmpty("cert_file", certificateFile)
        fields.addUnlessEmpty("key_file", keyFile)
        fields.addUnlessEmpty("server_name", serverName)
        fields.addUnlessFalse("insecure_skip_verify", skipsVerification)
        fields.addUnlessEmpty("min_version", minVersion?.rawValue ?? "")
        fields.addUnlessEmpty("max_version", maxVersion?.rawValue ?? "")
        return fields
    }
}
