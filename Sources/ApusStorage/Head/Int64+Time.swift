extension Int64 {
    /// The millisecond after this one; the last of all, which only damaged files have, is its own.
    var nextMillisecond: Int64 { self == .max ? .max : self + 1 }
}
