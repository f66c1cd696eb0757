import ApusConfig
import ApusModel
import ApusTestSupport
import Foundation
import Testing

@Suite(
    "Configurations of the Prometheus project",
    .enabled(if: SharedData.isPresent, Comment(rawValue: SharedData.absenceComment)))
struct ConformanceTests {
    /// Bad files that this version still accepts, or refuses for another reason; a listed one that passes fails the run.
    private static let notYetRefused: Set<String> = [
        "azure_client_secret_missing.bad.yml",
        "eureka_invalid_server.bad.yml",
        "kubernetes_api_server_with_own_namespace.bad.yml",
        "kubernetes_kubeconfig_with_http_config.bad.yml",
        "kubernetes_selectors_duplicated_role.bad.yml",
        "kubernetes_selectors_incorrect_selector.bad.yml",
        "kubernetes_selectors_node.bad.yml",
        "kubernetes_selectors_pod.bad.yml",
        "kubernetes_selectors_service.bad.yml",
        "marathon_authtoken_authorization.bad.yml",
        "marathon_authtoken_basicauth.bad.yml",
        "stackit_endpoint.bad.yml",
    ]

    /// Good files that this version refuses; a listed one that passes fails the run.
    private static let notYetLoaded: Set<String> = []

    /// Files in the folders that are not main configurations.
    private static let notMainConfigurations: Set<String> = [
        "static_config.bad.yml", "scrape_config_files.bad.yml", "web-config.yml", "promtool-http-config-file.yml",
        "rc.yml", "svc.yml", "rbac-setup.yml",
    ]

    /// Files to be refused that are not named so.
    private static let otherRefused: Set<String> = ["config_with_deprecated_am_api_config.yml"]

    private func load(_ file: URL) -> Result<Configuration, ConfigurationError> {
        do throws(ConfigurationError) {
            return .success(try Configuration.load(path: file.path, environment: { _ in nil }))
        } catch {
            return .failure(error)
        }
    }

    /// The texts that refusals must contain, by file.
    private func expectedTexts() throws -> [String: String] {
        var result: [String: String] = [:]
        for line in try SharedData.text("conformance/config/EXPECTED_ERRORS.tsv").split(separator: "\n").dropFirst() {
            let columns = line.split(separator: "\t", maxSplits: 1)
            guard columns.count == 2 else { continue }
            result[String(columns[0])] = try JSONDecoder().decode(String.self, from: Data(columns[1].utf8))
        }
        return result
    }

    private func isToBeRefused(_ name: String) -> Bool {
        name.hasSuffix(".bad.yml") || name.hasSuffix(".incompatible.yml") || Self.otherRefused.contains(name)
    }

    @Test("bad configurations are refused with the peers' words, with line and column")
    func bad() throws {
        let texts = try expectedTexts()
        var refusedCount = 0
        var seen: Set<String> = []
        for file in try SharedData.files(in: "conformance/config", endingWith: [".yml"]) {
            let name = file.lastPathComponent
            guard isToBeRefused(name), !Self.notMainConfigurations.contains(name) else { continue }
            seen.insert(name)
            var problem: String?
            switch load(file) {
            case .success: problem = "was accepted"
            case .failure(let error):
                if let text = texts[name], !error.description.contains(text) {
                    problem = "was refused with \"\(error)\", which does not contain \"\(text)\""
                } else if error.position == nil {
                    problem = "was refused without a position: \(error)"
                }
            }
            if Self.notYetRefused.contains(name) {
                #expect(problem != nil, "\(name) is refused as expected now: take it off the list")
            } else {
                #expect(problem == nil, "\(name) \(problem ?? "")")
                refusedCount += 1
            }
        }
        #expect(Self.notYetRefused.isSubset(of: seen))
        print("configurations refused as expected: \(refusedCount), not yet: \(Self.notYetRefused.count)")
    }

    @Test("good configurations load, and their text form loads again to the same text")
    func good() throws {
        var loadedCount = 0
        for folder in ["conformance/config", "conformance/config/scrape_configs", "conformance/config-examples"] {
            for file in try SharedData.files(in: folder, endingWith: [".yml", ".yaml"]) {
                let name = file.lastPathComponent
                guard !isToBeRefused(name), !Self.notMainConfigurations.contains(name) else { continue }
                switch load(file) {
                case .success(let configuration):
                    #expect(!Self.notYetLoaded.contains(name), "\(name) loads now: take it off the list")
                    loadedCount += 1
                    // The dollar signs that expansion leaves would be expanded again.
                    if name == "external_labels.good.yml" { continue }
                    let text = configuration.text
                    do throws(ConfigurationError) {
                        let again = try Configuration.parse(Array(text.utf8), file: file.path) { _ in nil }
                        #expect(again.text == text, "\(name) changes when its text is read again")
                    } catch {
                        Issue.record("\(name): its text is refused: \(error)\n\(text)")
                    }
                case .failure(let error):
                    #expect(Self.notYetLoaded.contains(name), "\(name) must load: \(error)")
                }
            }
        }
        print("configurations loaded: \(loadedCount), not yet: \(Self.notYetLoaded.count)")
        #expect(loadedCount > 80)
    }

    @Test("target files of the Prometheus project are read, those with null groups refused")
    func targetFiles() throws {
        for name in ["valid.json", "valid.yml", "valid2.yml", "valid3.yml"] {
            let groups = try TargetGroupFile.parse(SharedData.bytes("conformance/sd/file/\(name)"), file: name)
            #expect(groups.flatMap(\.targets).count >= 2)
            #expect(groups.first?.source == "\(name):0")
            #expect(groups.allSatisfy { $0.labels["__meta_filepath"] == name })
        }
        for name in ["invalid_nil.json", "invalid_nil.yml"] {
            #expect(throws: ConfigurationError.self) {
                try TargetGroupFile.parse(SharedData.bytes("conformance/sd/file/\(name)"), file: name)
            }
        }
    }
}
