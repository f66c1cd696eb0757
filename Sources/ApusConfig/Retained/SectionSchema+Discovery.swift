extension SectionSchema {
    /// The discovery mechanisms that this version knows but does not run, by the name of their section.
    static let discovery: [String: SectionSchema] = {
        let schemas = serviceDiscovery + cloudDiscovery + registryDiscovery
        return Dictionary(schemas, uniquingKeysWith: { first, _ in first })
    }()

    private static func make(
        _ name: String, _ fields: [(name: String, form: Form)], rules: [Rule] = [], hasHTTPClient: Bool = true
    ) -> (String, SectionSchema) {
        (
            "\(name)_sd_configs",
            SectionSchema(name: "\(name).plain", fields: fields, rules: rules, hasHTTPClient: hasHTTPClient)
        )
    }

    private static func filters(_ name: String) -> (name: String, form: Form) {
        (
            "filters",
            .sections(
                SectionSchema(
                    name: "\(name).Filter", fields: [("name", .text), ("values", .texts)],
                    rules: [.requiredList("values", message: "\(name) SD configuration filter values cannot be empty")]),
                nullMessage: "\(name) SD configuration filter cannot be empty")
        )
    }

    private static let refresh: (name: String, form: Form) = ("refresh_interval", .duration)
    private static let port: (name: String, form: Form) = ("port", .integer)

    // MARK: - Containers and services

    private static let serviceDiscovery: [(String, SectionSchema)] = [
        make("http", [("url", .address), refresh], rules: [.httpAddress("url")]),
        make(
            "docker",
            [
                ("host", .address), port, filters("Docker"), ("host_networking_host", .text),
                ("match_first_network", .flag), refresh,
            ], rules: [.required("host", message: "host missing")]),
        make(
            "dockerswarm",
            [
                ("host", .address),
                (
                    "role",
                    .choice(
                        ["services", "nodes", "tasks"],
                        message: "invalid role {}, expected tasks, services, or nodes")
                ), port, filters("Docker Swarm"), refresh,
            ],
            rules: [
                .required("host", message: "host missing"),
                .required("role", message: "role missing (one of: tasks, services, nodes)"),
            ]),
        make("kubernetes", kubernetesFields),
        make(
            "kuma",
            [("server", .address), ("client_id", .text), refresh, ("fetch_timeout", .duration)],
            rules: [.required("server", message: "kuma SD server must not be empty")]),
        make(
            "consul",
            [
                ("server", .text), ("path_prefix", .text), ("token", .secret), ("datacenter", .text),
                ("namespace", .text), ("partition", .text), ("tag_separator", .text), ("scheme", .text),
                ("username", .text), ("password", .secret), ("allow_stale", .flag), refresh, ("services", .texts),
                ("tags", .texts), ("node_meta", .textMap), ("filter", .text), ("health_filter", .text),
            ]),
        make(
            "nomad",
            [
                ("allow_stale", .flag), ("namespace", .text), refresh, ("region", .text), ("server", .text),
                ("tag_separator", .text),
            ], rules: [.required("server", message: "nomad SD configuration requires a server address")]),
    ]

    private static let kubernetesFields: [(name: String, form: Form)] = {
        let roles = ["node", "service", "pod", "endpoints", "endpointslice", "ingress"]
        return [
            ("api_server", .address), ("role", .choice(roles, message: "unknown Kubernetes SD role \"{}\"")),
            ("kubeconfig_file", .text),
            (
                "namespaces",
                .section(
                    SectionSchema(
                        name: "kubernetes.plain", fields: [("own_namespace", .flag), ("names", .texts)]))
            ),
            (
                "selectors",
                .sections(
                    SectionSchema(
                        name: "kubernetes.SelectorConfig",
                        fields: [
                            ("role", .choice(roles, message: "unknown Kubernetes SD role \"{}\"")), ("label", .text),
                            ("field", .text),
                        ]), nullMessage: "empty or null selector")
            ),
            (
                "attach_metadata",
                .section(
                    SectionSchema(
                        name: "kubernetes.AttachMetadataConfig",
                        fields: [
                            ("node", .flag), ("namespace", .flag), ("deployment", .flag), ("job", .flag),
                            ("cronjob", .flag),
                        ]))
            ),
        ]
    }()

    // MARK: - Clouds

    private static let amazonFields: [(name: String, form: Form)] = [
        ("endpoint", .text), ("region", .text), ("access_key", .text), ("secret_key", .secret), ("profile", .text),
        ("role_arn", .text), ("external_id", .text), port, refresh,
    ]

    private static let cloudDiscovery: [(String, SectionSchema)] = [
        make("ec2", amazonFields + [filters("EC2")]),
        make("lightsail", amazonFields),
        make(
            "aws",
            amazonFields + [
                (
                    "role",
                    .choice(
                        ["ec2", "lightsail", "ecs", "msk", "elasticache", "rds"], message: "unknown AWS SD role \"{}\"")
                ), ("clusters", .texts), ("request_concurrency", .integer), filters("AWS"),
            ]),
        make(
            "azure",
            [
                ("environment", .text), port, ("subscription_id", .text), ("tenant_id", .text), ("client_id", .text),
                ("client_secret", .secret), refresh,
                (
                    "authentication_method",
                    .choice(
                        ["OAuth", "ManagedIdentity", "SDK", "WorkloadIdentity"],
                        message: "unknown authentication_type \"{}\". Supported types are \"OAuth\", "
                            + "\"ManagedIdentity\", \"SDK\" or \"WorkloadIdentity\"")
                ), ("resource_group", .text),
            ],
            rules: [.required("subscription_id", message: "azure SD configuration requires a subscription_id")]),
        make(
            "gce",
            [("project", .text), ("zone", .text), ("filter", .text), refresh, port, ("tag_separator", .text)],
            hasHTTPClient: false),
        make(
            "openstack",
            [
                ("identity_endpoint", .text), ("username", .text), ("userid", .text), ("password", .secret),
                ("project_name", .text), ("project_id", .text), ("domain_name", .text), ("domain_id", .text),
                ("application_credential_name", .text), ("application_credential_id", .text),
                ("application_credential_secret", .secret),
                (
                    "role",
                    .choice(["hypervisor", "instance", "loadbalancer"], message: "unknown OpenStack SD role \"{}\"")
                ),
                ("region", .text), refresh, port, ("all_tenants", .flag), ("tls_config", .section(tls)),
                ("availability", .text),
            ], hasHTTPClient: false),
        make(
            "oci",
            [
                (
                    "auth",
                    .choice(
                        ["api_key", "instance_principal"],
                        message: "oci_sd: unknown auth method \"{}\", expected \"api_key\" or \"instance_principal\"")
                ), ("region", .text), ("tenancy", .text), ("user", .text), ("fingerprint", .text),
                ("key_file", .text), ("key_passphrase", .secret), ("compartments", .texts), port, refresh,
            ]),
        make("digitalocean", [("role", .text), port, refresh]),
        make(
            "hetzner",
            [
                ("role", .choice(["hcloud", "robot"], message: "unknown role {}")), port, refresh,
                ("label_selector", .text),
            ],
            rules: [.required("role", message: "role missing (one of: robot, hcloud)")]),
        make(
            "ionos", [("datacenter_id", .text), port, refresh],
            rules: [.required("datacenter_id", message: "datacenter id can't be empty")]),
        make("linode", [("region", .text), port, refresh, ("tag_separator", .text)]),
        make(
            "scaleway",
            [
                ("project_id", .text), ("api_url", .text), ("zone", .text), ("access_key", .text),
                ("secret_key", .secret), ("secret_key_file", .text), ("name_filter", .text), ("tags_filter", .texts),
                refresh, port,
                ("role", .choice(["instance", "baremetal"], message: "unknown role \"{}\"")),
            ],
            rules: [
                .exactlyOne(
                    ["secret_key", "secret_key_file"],
                    message: "one of secret_key & secret_key_file must be configured")
            ]),
        make(
            "ovhcloud",
            [
                ("endpoint", .text), ("application_key", .text), ("application_secret", .secret),
                ("consumer_key", .secret), refresh,
                ("service", .choice(["vps", "dedicated_server"], message: "unknown service: {}")),
            ], hasHTTPClient: false),
        make(
            "outscale",
            [
                ("region", .text), ("access_key", .text), ("secret_key", .secret), ("secret_key_file", .text),
                ("endpoint", .text), refresh, port,
            ],
            rules: [
                .required("region", message: "outscale SD configuration requires a region"),
                .exactlyOne(
                    ["secret_key", "secret_key_file"],
                    message: "one of secret_key & secret_key_file must be configured"),
            ]),
        make(
            "stackit",
            [
                ("project", .text), ("endpoint", .address), ("region", .text), port, refresh,
                ("service_account_key", .secret), ("service_account_key_path", .text), ("private_key", .secret),
                ("private_key_path", .text), ("credentials_file_path", .text),
            ]),
        make("vultr", [port, refresh]),
        make(
            "triton",
            [
                ("account", .text), ("role", .text), ("dns_suffix", .text), ("endpoint", .text), ("groups", .texts),
                port, refresh, ("tls_config", .section(tls)), ("version", .integer),
            ],
            rules: [
                .required("account", message: "triton SD configuration requires an account"),
                .required("dns_suffix", message: "triton SD configuration requires a dns_suffix"),
                .required("endpoint", message: "triton SD configuration requires an endpoint"),
            ], hasHTTPClient: false),
    ]

    // MARK: - Registries

    private static let registryDiscovery: [(String, SectionSchema)] = [
        make(
            "eureka", [("server", .text), refresh],
            rules: [.required("server", message: "eureka_sd: empty or null eureka server")]),
        make(
            "marathon",
            [("servers", .texts), refresh, ("auth_token", .secret), ("auth_token_file", .text)],
            rules: [
                .requiredList("servers", message: "marathon_sd: must contain at least one Marathon server"),
                .atMostOne(
                    ["auth_token", "auth_token_file"],
                    message: "marathon_sd: at most one of auth_token & auth_token_file must be configured"),
            ]),
        make("nerve", zookeeperFields, rules: zookeeperRules("nerve"), hasHTTPClient: false),
        make("serverset", zookeeperFields, rules: zookeeperRules("serverset"), hasHTTPClient: false),
        make(
            "puppetdb",
            [("url", .address), ("query", .text), ("include_parameters", .flag), refresh, port],
            rules: [.httpAddress("url"), .required("query", message: "query missing")]),
        make(
            "uyuni",
            [
                ("server", .address), ("username", .text), ("password", .secret), ("entitlement", .text),
                ("separator", .text), refresh,
            ],
            rules: [
                .required("server", message: "Uyuni SD configuration requires server host"),
                .required("username", message: "Uyuni SD configuration requires a username"),
                .required("password", message: "Uyuni SD configuration requires a password"),
            ]),
    ]

    private static let zookeeperFields: [(name: String, form: Form)] = [
        ("servers", .texts), ("paths", .texts), ("timeout", .duration),
    ]

    private static func zookeeperRules(_ name: String) -> [Rule] {
        [
            .requiredList("servers", message: "\(name) SD config must contain at least one Zookeeper server"),
            .requiredList("paths", message: "\(name) SD config must contain at least one path"),
        ]
    }
}
