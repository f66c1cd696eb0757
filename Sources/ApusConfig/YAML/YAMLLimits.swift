/// Bounds on what a YAML file may hold, so that a hostile file costs bounded memory and time.
package struct YAMLLimits: Sendable {
    /// The most bytes of text.
    package var bytes = 32 << 20
    /// The most values after aliases are expanded.
    package var values = 2_000_000
    /// The deepest nesting of lists and mappings.
    package var depth = 64

    /// The bounds that configuration and target files have.
    package static let standard = YAMLLimits()
}
