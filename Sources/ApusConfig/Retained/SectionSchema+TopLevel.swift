extension SectionSchema {
    static let oauth2 = SectionSchema(
        name: "config.plain",
        fields: [
            ("client_id", .text), ("client_secret", .secret), ("client_secret_file", .text),
            ("grant_type", .text), ("client_certificate_key", .secret), ("client_certificate_key_file", .text),
            ("client_certificate_key_id", .text), ("signature_algorithm", .text), ("iss", .text), ("audience", .text),
            ("claims", .textMap), ("scopes", .texts), ("token_url", .text), ("endpoint_params", .textMap),
            ("tls_config", .section(.tls)), ("proxy_url", .address), ("no_proxy", .text),
            ("proxy_from_environment", .flag),
        ],
        rules: [
            .required("client_id", message: "oauth2 client_id must be configured"),
            .required("token_url", message: "oauth2 token_url must be configured"),
            .atMostOne(
                ["client_secret", "client_secret_file"],
                message: "at most one of oauth2 client_secret & client_secret_file must be configured"),
        ])

    static let tls = SectionSchema(
        name: "config.TLSConfig",
        fields: [
            ("ca", .text), ("cert", .text), ("key", .secret), ("ca_file", .text), ("cert_file", .text),
            ("key_file", .text), ("server_name", .text), ("insecure_skip_verify", .flag), ("min_version", .text),
            ("max_version", .text),
        ])

    static let sigV4 = SectionSchema(
        name: "sigv4.SigV4Config",
        fields: [
            ("region", .text), ("access_key", .text), ("secret_key", .secret), ("profile", .text),
            ("role_arn", .text), ("external_id", .text), ("use_fips_sts_endpoint", .flag), ("service_name", .text),
        ])

    static let alerting = SectionSchema(
        name: "config.AlertingConfig",
        fields: [
            ("alert_relabel_configs", .rules(nullMessage: "empty or null alert relabeling rule")),
            ("alertmanagers", .sections(alertmanager, nullMessage: "empty or null Alertmanager section")),
        ])

    private static let alertmanager = SectionSchema(
        name: "config.AlertmanagerConfig",
        fields: [
            ("sigv4", .section(sigV4)), ("scheme", .text), ("path_prefix", .text), ("timeout", .duration),
            (
                "api_version",
                .choice(["v2"], message: "expected Alertmanager api version to be one of [v2] but got {}")
            ),
            ("relabel_configs", .rules(nullMessage: "empty or null Alertmanager target relabeling rule")),
            ("alert_relabel_configs", .rules(nullMessage: "empty or null Alertmanager alert relabeling rule")),
        ], hasHTTPClient: true, hasDiscovery: true)

    static let remoteWrite = SectionSchema(
        name: "config.plain",
        fields: [
            ("url", .address), ("remote_timeout", .duration), ("headers", .textMap),
            ("write_relabel_configs", .rules(nullMessage: "empty or null relabeling rule in remote write config")),
            ("name", .text), ("send_exemplars", .flag), ("send_native_histograms", .flag), ("round_robin_dns", .flag),
            (
                "protobuf_message",
                .choice(
                    ["prometheus.WriteRequest", "io.prometheus.write.v2.Request"],
                    message: "invalid protobuf_message value: unknown type for remote write protobuf message {}, "
                        + "supported: prometheus.WriteRequest, io.prometheus.write.v2.Request")
            ),
            ("queue_config", .section(remoteWriteQueue)), ("metadata_config", .section(remoteWriteMetadata)),
            ("sigv4", .section(sigV4)), ("azuread", .section(azureAD)), ("google_iam", .section(googleIAM)),
        ],
        rules: [
            .required("url", message: "url for remote_write is empty"),
            .freeHeaders(
                "headers",
                authorizationMessage: "authorization header must be changed via the basic_auth, authorization, oauth2, "
                    + "sigv4, azuread or google_iam parameter"),
        ], hasHTTPClient: true)

    private static let remoteWriteQueue = SectionSchema(
        name: "config.QueueConfig",
        fields: [
            ("capacity", .integer), ("max_shards", .integer), ("min_shards", .integer),
            ("max_samples_per_send", .integer), ("batch_send_deadline", .duration), ("min_backoff", .duration),
            ("max_backoff", .duration), ("retry_on_http_429", .flag), ("sample_age_limit", .duration),
        ],
        rules: [
            .positive("capacity", message: "remote write queue capacity must be positive"),
            .positive("max_shards", message: "remote write queue max_shards must be positive"),
            .positive("min_shards", message: "remote write queue min_shards must be positive"),
            .positive("max_samples_per_send", message: "remote write queue max_samples_per_send must be positive"),
            .ordered(
                "min_shards", atMost: "max_shards",
                message: "remote write queue min_shards must not be greater than max_shards"),
            .ordered(
                "min_backoff", atMost: "max_backoff",
                message: "remote write queue max_backoff must not be less than min_backoff"),
        ])

    private static let remoteWriteMetadata = SectionSchema(
        name: "config.MetadataConfig",
        fields: [("send", .flag), ("send_interval", .duration), ("max_samples_per_send", .integer)])

    private static let azureAD = SectionSchema(
        name: "azuread.AzureADConfig",
        fields: [
            (
                "managed_identity",
                .section(SectionSchema(name: "azuread.ManagedIdentityConfig", fields: [("client_id", .text)]))
            ),
            (
                "workload_identity",
                .section(
                    SectionSchema(
                        name: "azuread.WorkloadIdentityConfig",
                        fields: [("client_id", .text), ("tenant_id", .text), ("token_file_path", .text)]))
            ),
            (
                "oauth",
                .section(
                    SectionSchema(
                        name: "azuread.OAuthConfig",
                        fields: [("client_id", .text), ("client_secret", .secret), ("tenant_id", .text)]))
            ),
            ("sdk", .section(SectionSchema(name: "azuread.SDKConfig", fields: [("tenant_id", .text)]))),
            (
                "certificate",
                .section(
                    SectionSchema(
                        name: "azuread.CertificateConfig",
                        fields: [
                            ("client_id", .text), ("tenant_id", .text), ("certificate_path", .text),
                            ("certificate_password", .secret), ("key_path", .text),
                        ]))
            ),
            ("cloud", .text), ("scope", .text),
        ])

    private static let googleIAM = SectionSchema(
        name: "googleiam.Config", fields: [("credentials_file", .text)])

    static let remoteRead = SectionSchema(
        name: "config.plain",
        fields: [
            ("url", .address), ("remote_timeout", .duration), ("chunked_read_limit", .count), ("headers", .textMap),
            ("read_recent", .flag), ("name", .text), ("required_matchers", .textMap),
            ("filter_external_labels", .flag),
        ],
        rules: [
            .required("url", message: "url for remote_read is empty"),
            .freeHeaders(
                "headers",
                authorizationMessage: "authorization header must be changed via the basic_auth, authorization, oauth2, "
                    + "sigv4, azuread or google_iam parameter"),
        ], hasHTTPClient: true)

    static let otlp = SectionSchema(
        name: "config.plain",
        fields: [
            ("promote_all_resource_attributes", .flag), ("promote_resource_attributes", .texts),
            ("ignore_resource_attributes", .texts),
            (
                "translation_strategy",
                .choice(
                    [
                        "UnderscoreEscapingWithSuffixes", "UnderscoreEscapingWithoutSuffixes",
                        "NoUTF8EscapingWithSuffixes", "NoTranslation",
                    ], message: "unsupported OTLP translation strategy \"{}\"")
            ),
            ("keep_identifying_resource_attributes", .flag), ("convert_histograms_to_nhcb", .flag),
            ("promote_scope_metadata", .flag), ("label_name_underscore_sanitization", .flag),
            ("label_name_preserve_multiple_underscores", .flag),
        ],
        rules: [.distinctTexts("ignore_resource_attributes")])

    static let tracing = SectionSchema(
        name: "config.plain",
        fields: [
            (
                "client_type",
                .choice(["http", "grpc"], message: "expected tracing client type to be to be http or grpc, but got {}")
            ),
            ("endpoint", .text), ("sampling_fraction", .number), ("insecure", .flag), ("tls_config", .section(tls)),
            ("headers", .textMap),
            ("compression", .choice(["gzip"], message: "invalid compression type {} provided, valid options: gzip")),
            ("timeout", .duration),
        ],
        rules: [
            .freeHeaders(
                "headers", authorizationMessage: "custom authorization header configuration is not yet supported"),
            .required("endpoint", message: "tracing endpoint must be set"),
        ])
}
