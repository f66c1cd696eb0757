import ApusEncoding
import ApusModel

/// A chunk of the head that cannot be read.
struct ChunkDamage: Error {
    /// The file, or nothing for a chunk in memory.
    var path: String
    var offset: Int
    var reason: String
}

extension HeadSamples.Snapshot {
    /// Appends the visible samples of the sealed chunks that lie in a range of time, the oldest first.
    func read(
        range: ClosedRange<Int64>, _ scratch: inout ReadScratch, into columns: inout SampleColumns
    ) throws(ChunkDamage) {
        let lower = max(range.lowerBound, truncatedBefore)
        guard lower <= range.upperBound else { return }
        let wanted = lower...range.upperBound
        if chain != .none {
            let hidden = max(0, hiddenCount - chunks.reduce(0) { $0 + Int($1.count) })
            try readChain(wanted, hidden: hidden, &scratch, into: &columns)
        }
        var newer = chunks.reduce(0) { $0 + Int($1.count) }
        for chunk in chunks {
            newer -= Int(chunk.count)
            if chunk.minimumTime > range.upperBound { break }
            guard chunk.maximumTime >= lower else { continue }
            let limit = Int(chunk.count) - max(0, min(Int(chunk.count), hiddenCount - newer))
            guard limit > 0 else { continue }
            do throws(ColumnError) {
                try chunk.read(&scratch, limit: limit, range: wanted, into: &columns)
            } catch {
                throw ChunkDamage(path: "", offset: 0, reason: "\(error)")
            }
        }
    }

    /// One chunk of the chain that has something to give.
    private struct Link {
        var file: ChunkFile
        var offset: Int
        var chunk: StoredChunk
        var limit: Int
    }

    private func readChain(
        _ range: ClosedRange<Int64>, hidden: Int, _ scratch: inout ReadScratch, into columns: inout SampleColumns
    ) throws(ChunkDamage) {
        var links: [Link] = []
        var hidden = hidden
        var location = chain
        var damage: ChunkDamage?
        while location != .none {
            guard let file = files.file(location.file) else {
                // A file that is not there any more had nothing but samples that are in blocks.
                if files.lost[location.file] != nil {
                    damage = ChunkDamage(
                        path: ChunkFormat.name(location.file), offset: location.offset, reason: "the file is missing")
                }
                break
            }
            guard let chunk = StoredChunk(file.bytes, at: location.offset), chunk.slot == slot,
                chunk.generation == generation, chunk.count > 0
            else {
                damage = ChunkDamage(
                    path: file.path, offset: location.offset, reason: "the checksum of a chunk does not match")
                break
            }
            if chunk.maximumTime < range.lowerBound { break }
            let limit = chunk.count - min(chunk.count, hidden)
            hidden -= chunk.count - limit
            if chunk.minimumTime <= range.upperBound, limit > 0 {
                links.append(Link(file: file, offset: location.offset, chunk: chunk, limit: limit))
            }
            if chunk.minimumTime <= range.lowerBound { break }
            // Chunks are written after those before them, so that damage cannot make a circle.
            guard chunk.previous.rawValue < location.rawValue else { break }
            location = chunk.previous
        }
        if let damage {
            guard scratch.skipsDamage else { throw damage }
            scratch.damages.append(damage)
        }
        for link in links.reversed() {
            let before = columns.count
            do throws(ColumnError) {
                try link.chunk.read(link.file, &scratch, limit: link.limit, range: range, into: &columns)
            } catch {
                let damage = ChunkDamage(path: link.file.path, offset: link.offset, reason: "\(error)")
                guard scratch.skipsDamage else { throw damage }
                scratch.damages.append(damage)
                columns.truncate(to: before)
            }
        }
    }
}

extension SampleColumns {
    /// Forgets the samples from a position on.
    mutating func truncate(to count: Int) {
        timestamps.removeLast(max(0, timestamps.count - count))
        values.removeLast(max(0, values.count - count))
        histograms.removeAll { $0.position >= count }
    }
}
