package import ApusStorage
import Glibc

/// The data folder of a Prometheus that is stopped, or one of its blocks.
package enum PrometheusFolder {
    /// Whether a folder is a block.
    package static func isBlock(_ path: String) -> Bool {
        Folder.length(of: "\(path)/meta.json") > 0 && Folder.isFolder("\(path)/chunks")
    }

    /// Whether a folder holds blocks, or the log of a head.
    package static func isDataFolder(_ path: String) -> Bool {
        if Folder.isFolder("\(path)/chunks_head") { return true }
        let names = (try? Folder.names(in: path)) ?? []
        return names.contains { BlockIdentifier.isValid($0) && isBlock("\(path)/\($0)") }
    }

    /// Takes over a block, or a whole data folder: its blocks, then what the head has on disk.
    ///
    /// Samples that were deleted stay so. Memory is bounded by `options.memory`, the series of the head and the index of one block.
    package static func take(
        _ path: String, range: ClosedRange<Int64> = .min ... .max, into target: consuming BlockImport,
        options: ImportOptions = ImportOptions()
    ) throws(InterchangeError) -> ImportSummary {
        do throws(InterchangeError) {
            var summary = ImportSummary()
            var damage = DamageList(isFatal: !options.skipsDamage)
            if isBlock(path) {
                try take(blocks: [path], range, into: &target, options, &summary, &damage)
            } else if isDataFolder(path) {
                let lock = try FolderGuard(path)
                let boundary = try take(blocks: try blocks(in: path), range, into: &target, options, &summary, &damage)
                let head = try PrometheusHead(folder: path, from: boundary)
                var stage = try ImportStage(target: target.folder, options: options)
                let extras = try head.read(range: range, into: &stage, options: options, summary: &summary) {
                    error throws(InterchangeError) in
                    try damage.note(error)
                }
                summary.series = max(summary.series, stage.seriesCount)
                // A sample in a chunk of the head is in the log, too: such doubles are nothing to tell of.
                _ = try stage.write(to: &target, options: options)
                try take(extras, into: target, &summary)
                lock.release()
            } else {
                throw .unusable("\(path) is neither a block nor a data folder of Prometheus")
            }
            summary.damage = damage.texts
            try target.publishAll(into: &summary)
            return summary
        } catch {
            target.discard()
            throw error
        }
    }

    /// - Returns: the time before which samples in order are in blocks.
    @discardableResult
    private static func take(
        blocks: [String], _ range: ClosedRange<Int64>, into target: inout BlockImport, _ options: ImportOptions,
        _ summary: inout ImportSummary, _ damage: inout DamageList
    ) throws(InterchangeError) -> Int64 {
        var boundary = Int64.min
        for path in blocks {
            do throws(InterchangeError) {
                let block = try PrometheusBlock(folder: path)
                if !block.meta.isFromOutOfOrder { boundary = max(boundary, block.meta.maximumTime) }
                try PrometheusBlockImport.take(block, range: range, into: &target, options: options, summary: &summary)
                {
                    error throws(InterchangeError) in
                    try damage.note(error)
                }
            } catch {
                // What was read of it is kept.
                try damage.note(error)
                do throws(BlockImportError) { try target.endBlock() } catch { throw .store(error) }
            }
        }
        return boundary
    }

    /// Before the blocks appear: what fails leaves no block.
    private static func take(
        _ extras: PrometheusHead.Extras, into target: borrowing BlockImport, _ summary: inout ImportSummary
    ) throws(InterchangeError) {
        do throws(BlockImportError) { summary.exemplarsTaken = try target.add(extras.exemplars) } catch {
            throw .store(error)
        }
        target.remember(extras.metadata.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        summary.metadata = extras.metadata.count
    }

    private static func blocks(in path: String) throws(InterchangeError) -> [String] {
        do throws(FileError) {
            return try Folder.names(in: path).map { "\(path)/\($0)" }.filter { folder in
                BlockIdentifier.isValid(String(folder.dropFirst(path.count + 1))) && isBlock(folder)
            }
        } catch {
            throw .file(error)
        }
    }

    /// Checks every checksum of a block or of a data folder, which need not be stopped.
    package static func verify(_ path: String) throws(InterchangeError) -> FolderVerification.Report {
        var report = FolderVerification.Report()
        func note(_ error: InterchangeError) {
            if case .damaged(let path, let offset, let reason) = error {
                report.damage.append(.init(path: path, reason: "byte \(offset): \(reason)"))
            } else {
                report.damage.append(.init(path: path, reason: error.description))
            }
        }
        for folder in isBlock(path) ? [path] : try blocks(in: path) {
            do throws(InterchangeError) {
                let block = try PrometheusBlock(folder: folder)
                report.blocks += 1
                report.files += 2
                report.bytes += block.byteCount
                for error in block.verify() { note(error) }
            } catch {
                note(error)
            }
        }
        if !isBlock(path) {
            let head = try PrometheusHead(folder: path, from: .min)
            report.files += head.fileCount
            report.bytes += head.byteCount
            try head.verify(damage: note, torn: { report.notes.append("\($0)") })
        }
        return report
    }
}

/// Damage that was passed over.
private struct DamageList {
    /// So many are told one by one.
    private static let maximumTexts = 100

    let isFatal: Bool
    private(set) var texts: [String] = []

    init(isFatal: Bool) {
        self.isFatal = isFatal
    }

    mutating func note(_ error: InterchangeError) throws(InterchangeError) {
        if isFatal { throw error }
        switch error {
        case .damaged, .unsupported: break
        default: throw error
        }
        // A place may be read for several ranges of time.
        guard texts.count < Self.maximumTexts, !texts.contains(error.description) else { return }
        texts.append(error.description)
    }
}

/// Keeps Prometheus from being started on a folder that is being read, and finds out whether it runs.
private struct FolderGuard {
    private let descriptor: Int32

    init(_ folder: String) throws(InterchangeError) {
        descriptor = unsafe open("\(folder)/lock", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0, flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return }
        close(descriptor)
        throw .unusable(
            "Prometheus is running on \(folder): stop it, or take a snapshot (its API's admin/tsdb/snapshot) and import that"
        )
    }

    func release() {
        if descriptor >= 0 { close(descriptor) }
    }
}
