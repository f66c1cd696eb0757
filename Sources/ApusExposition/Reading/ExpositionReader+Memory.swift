import ApusBytes
package import ApusModel

extension ExpositionReader {
    /// The labels of a series as the target exposes them, the metric's name under `__name__`.
    ///
    /// Read from the series' text at each call (some hundred nanoseconds): keep the result, or what was made of it.
    ///
    /// - Precondition: `slot` came from this reader and was not forgotten since.
    package func labels(of slot: UInt32) -> LabelSet {
        precondition(Int(slot) < series.lines.count && series.lines[Int(slot)] != KnownSeries.noLine, "unknown slot")
        let line = known.lines[Int(series.lines[Int(slot)])]
        if line.key.format == .protobuf { return LabelSet(uncheckedRun: Array(known.arena[line.range])) }
        var text = SeriesText()
        do throws(ReadFailure) {
            try text.read(known.arena.span.extracting(line.range), format: line.key.format, context: line.context)
        } catch {
            preconditionFailure("the text of a known series does not read again")
        }
        return LabelSet(uncheckedRun: text.run.bytes)
    }

    /// Forgets the series that the last `bodies` bodies did not hold, and what else only older bodies held.
    ///
    /// Costs time in proportion to what the reader knows; meant to be called once in many scrapes.
    ///
    /// - Returns: The slots that are free now and may soon stand for other series.
    package mutating func forget(unseenFor bodies: Int) -> [UInt32] {
        for number in order { known.lines[Int(number)].lastSeen = generation }
        let generation = generation
        let numbers = known.filter { Int(generation) - Int($0.lastSeen) < max(1, bodies) }
        order = order.map { numbers[Int($0)] }
        let familyNumbers = families.renumber(lines: numbers)
        // The line that stood for a slot may be gone while another with the same labels remains.
        var remaining = [UInt32](repeating: KnownSeries.noLine, count: series.lines.count)
        for number in known.lines.indices.reversed() {
            let line = known.lines[number]
            switch line.kind {
            case .series: remaining[Int(line.target)] = UInt32(number)
            case .type, .help, .unit: known.lines[number].target = familyNumbers[Int(line.target)]
            }
        }
        var freed: [UInt32] = []
        for slot in remaining.indices where series.lines[slot] != KnownSeries.noLine {
            if remaining[slot] == KnownSeries.noLine {
                freed.append(UInt32(slot))
            } else {
                series.setLine(remaining[slot], of: UInt32(slot))
            }
        }
        if !freed.isEmpty { series.remove(freed) }
        return freed
    }

    /// Ends a body that was read without error.
    mutating func finishBody(_ scraped: inout ScrapedBody) {
        scraped.completeTimestamps()
        for family in families.changedFamilies() {
            let name = String(decoding: families.names[Int(family)], as: UTF8.self)
            scraped.metadata.append((name, metadata(of: family)))
        }
        if hasDeviated {
            for number in order { known.lines[Int(number)].lastSeen = generation }
            swap(&order, &newOrder)
            for (position, number) in order.enumerated() {
                known.lines[Int(number)].position = UInt32(truncatingIfNeeded: position)
            }
        }
        generation &+= 1
    }

    /// Checks the series of a body against limits that are other than those before.
    func checkSeries(of scraped: borrowing ScrapedBody, _ limits: ExpositionLimits) throws(ReadFailure) {
        guard limits.boundLabels else { return }
        for index in scraped.slots.indices {
            do throws(ExpositionLimitError) {
                try limits.check(labels(of: scraped.slots[index]))
            } catch {
                throw ReadFailure(.limit(error), at: 0)
            }
        }
    }

    /// What the lines of a family say now.
    private func metadata(of family: UInt32) -> MetricMetadata {
        let description = families.descriptions[Int(family)]
        var metadata = MetricMetadata()
        for kind in [LineKind.type, .help, .unit] {
            let number = description[kind]
            guard number != KnownFamilies.noLine else { continue }
            let line = known.lines[Int(number)]
            let text = known.arena.span.extracting(line.range)
            if line.key.format == .protobuf {
                FamilyText.read(text, kind, into: &metadata)
                continue
            }
            // A known line was read before, so it reads again.
            guard let content = try? MetadataText(text, format: line.key.format).content else { continue }
            switch content {
            case .type(let type): metadata.type = type
            case .help(let range):
                metadata.help = MetadataText.unescapedHelp(text.extracting(range), format: line.key.format)
            case .unit(let range): metadata.unit = String(copying: text.extracting(range))
            case .comment, .eof: break
            }
        }
        return metadata
    }
}
