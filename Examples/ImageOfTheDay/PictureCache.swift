import Glibc
import Synchronization

/// Keeps the picture that was drawn last for a while.
final class PictureCache: Sendable {
    private struct Entry {
        var picture: Picture
        var drawnAt: ContinuousClock.Instant
    }

    private let lifetime: Duration
    private let entry = Mutex<Entry?>(nil)

    /// - Parameter lifetime: How long a picture is kept.
    init(lifetime: Duration) {
        self.lifetime = lifetime
    }

    /// The picture of the day, and whether it was there already.
    func picture() -> (picture: Picture, isCached: Bool) {
        entry.withLock { entry in
            let now = ContinuousClock.now
            if let entry, entry.drawnAt.duration(to: now) < lifetime { return (entry.picture, true) }
            let picture = Picture(day: time(nil) / 86_400)
            entry = Entry(picture: picture, drawnAt: now)
            return (picture, false)
        }
    }
}
