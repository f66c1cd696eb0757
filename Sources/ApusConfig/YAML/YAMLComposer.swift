import ApusModel

/// Makes a tree of events: puts what an alias names in its place, within a budget, and applies merge keys.
struct YAMLComposer: ~Copyable {
    /// A value that aliases can name.
    private struct Anchored {
        var node: YAMLNode
        /// The values in it, itself among them.
        var valueCount: Int
        /// The levels of lists and mappings in it.
        var height: Int
    }

    private var events: YAMLEvents
    private let limits: YAMLLimits
    private var anchored: [String: Anchored] = [:]
    private var valueCount = 0
    /// The deepest level that was reached since it was last looked at.
    private var deepest = 0

    init(_ events: consuming YAMLEvents, limits: YAMLLimits) {
        self.events = events
        self.limits = limits
    }

    /// The root of the only document, or `nil` when there is none.
    mutating func root() throws(ConfigurationError) -> YAMLNode? {
        guard case .document = try events.next().kind else { return nil }
        let root = try node(events.next(), depth: 0)
        let rest = try events.next()
        guard case .end = rest.kind else {
            throw .malformed(
                rest.position, "expected a single document in the stream: but found another document")
        }
        return root
    }

    /// The value that begins with an event.
    private mutating func node(_ event: YAMLEvents.Event, depth: Int) throws(ConfigurationError) -> YAMLNode {
        if case .alias = event.kind { return try aliased(event, depth: depth) }
        try count(1, height: 0, at: event.position, depth: depth)
        let valuesBefore = valueCount - 1
        let deepestBefore = deepest
        deepest = depth
        let content: YAMLNode.Content =
            switch event.kind {
            case .scalar(let scalar): .scalar(scalar)
            case .sequence: .sequence(try elements(depth: depth))
            case .mapping: .mapping(try fields(depth: depth))
            case .end, .document, .alias, .sequenceEnd, .mappingEnd:
                throw .malformed(event.position, "did not find a value where one must be")
            }
        let node = YAMLNode(content: content, position: event.position)
        if let anchor = event.anchor {
            anchored[anchor] = Anchored(node: node, valueCount: valueCount - valuesBefore, height: deepest - depth)
        }
        deepest = max(deepest, deepestBefore)
        return node
    }

    /// What an alias names, which shares its memory.
    private mutating func aliased(_ event: YAMLEvents.Event, depth: Int) throws(ConfigurationError) -> YAMLNode {
        guard let anchor = event.anchor, let value = anchored[anchor] else {
            throw .malformed(event.position, "found undefined alias")
        }
        try count(value.valueCount, height: value.height, at: event.position, depth: depth)
        return value.node
    }

    /// Counts values that a level gets, which reach further down.
    private mutating func count(
        _ values: Int, height: Int, at position: SourcePosition, depth: Int
    ) throws(ConfigurationError) {
        valueCount += values
        guard valueCount <= limits.values else {
            throw .malformed(
                position, "more than \(limits.values) values after aliases are expanded; repeat fewer aliases")
        }
        guard depth + height <= limits.depth else {
            throw .malformed(position, "nested more than \(limits.depth) levels deep")
        }
        deepest = max(deepest, depth + height)
    }

    private mutating func elements(depth: Int) throws(ConfigurationError) -> [YAMLNode] {
        var nodes: [YAMLNode] = []
        while true {
            let event = try events.next()
            if case .sequenceEnd = event.kind { return nodes }
            nodes.append(try node(event, depth: depth + 1))
        }
    }

    private mutating func fields(depth: Int) throws(ConfigurationError) -> [YAMLField] {
        var fields: [YAMLField] = []
        var merged: [YAMLField] = []
        var names: Set<[UInt8]> = []
        while true {
            let event = try events.next()
            if case .mappingEnd = event.kind { break }
            let key = try key(event)
            let value = try node(events.next(), depth: depth + 1)
            if key.isPlain, key.text == "<<" {
                merged += try mergedFields(value)
                continue
            }
            guard names.insert(key.bytes).inserted else { throw .repeatedField(event.position, field: key.text) }
            fields.append(YAMLField(key: key, keyPosition: event.position, value: value))
        }
        // What the mapping itself says wins over what it merges, and of several merged mappings the first wins.
        for field in merged where names.insert(field.key.bytes).inserted { fields.append(field) }
        return fields
    }

    private mutating func key(_ event: YAMLEvents.Event) throws(ConfigurationError) -> YAMLScalar {
        if case .alias = event.kind, case .scalar(let scalar) = try aliased(event, depth: 0).content { return scalar }
        guard case .scalar(let scalar) = event.kind else {
            throw .malformed(event.position, "a key must be plain text, not a list or mapping")
        }
        if let anchor = event.anchor {
            let node = YAMLNode(content: .scalar(scalar), position: event.position)
            anchored[anchor] = Anchored(node: node, valueCount: 1, height: 0)
        }
        return scalar
    }

    private func mergedFields(_ value: YAMLNode) throws(ConfigurationError) -> [YAMLField] {
        switch value.content {
        case .mapping(let fields): return fields
        case .sequence(let nodes):
            var result: [YAMLField] = []
            for node in nodes {
                guard case .mapping(let fields) = node.content else { break }
                result += fields
            }
            return result
        case .scalar: throw .malformed(value.position, "map merge requires map or sequence of maps as the value")
        }
    }
}
