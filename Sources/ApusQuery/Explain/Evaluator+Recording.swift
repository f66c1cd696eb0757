import ApusPromQL

extension Evaluator {
    /// The evaluator of one node, which attributes what it uses to that node.
    func focused(on expression: Expression, _ grid: StepGrid) -> Evaluator {
        Evaluator(evaluation: evaluation.focused(on: expression, grid), marksResets: marksResets)
    }

    /// The source that `open` opens, measured when the query is explained, and shared when its expression occurs again.
    func tracked(
        _ expression: Expression, on grid: StepGrid, _ open: (Evaluator) throws(QueryError) -> any SeriesSource
    ) throws(QueryError) -> any SeriesSource {
        let node = focused(on: expression, grid)
        return try evaluation.query.sharing.vector(expression, on: grid, marksResets, node.evaluation) {
            (evaluation) throws(QueryError) in
            let node = Evaluator(evaluation: evaluation, marksResets: marksResets)
            guard let figures = evaluation.figures else {
                let source = try open(node)
                try evaluation.hold(identitiesOf: source, expression)
                return source
            }
            let source = try figures.measuringOpening { () throws(QueryError) in try open(node) }
            try evaluation.hold(identitiesOf: source, expression)
            return RecordingSource(source, figures)
        }
    }

    /// The range vector that `open` opens, measured when the query is explained.
    func tracked(
        windows expression: Expression, on grid: StepGrid,
        _ open: (Evaluator) throws(QueryError) -> any WindowSource
    ) throws(QueryError) -> any WindowSource {
        let node = focused(on: expression, grid)
        guard let figures = node.evaluation.figures else { return try open(node) }
        return RecordingWindows(try figures.measuringOpening { () throws(QueryError) in try open(node) }, figures)
    }

    /// The scalar that `evaluate` gives, measured when the query is explained.
    func tracked(
        scalar expression: Expression, on grid: StepGrid, _ evaluate: (Evaluator) throws(QueryError) -> [Double]
    ) throws(QueryError) -> [Double] {
        let node = focused(on: expression, grid)
        guard let figures = node.evaluation.figures else { return try evaluate(node) }
        let values = try figures.measuringOpening { () throws(QueryError) in try evaluate(node) }
        figures.update { $0.samplesOut &+= values.count }
        return values
    }
}

extension NodeFigures {
    /// Measures the opening of a node.
    fileprivate func measuringOpening<Result>(_ open: () throws(QueryError) -> Result) throws(QueryError) -> Result {
        let frame = WorkClock.begin()
        defer {
            let time = WorkClock.end(frame)
            update { figures in
                figures.nanoseconds &+= time
                figures.openings += 1
            }
        }
        return try open()
    }
}
