import Glibc

/// Whether two runs hold the same bytes.
package func equalBytes(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
    guard a.count == b.count else { return false }
    guard a.count > 0 else { return true }
    return unsafe a.withUnsafeBytes { left in
        unsafe b.withUnsafeBytes { right in
            guard let l = left.baseAddress, let r = right.baseAddress else { return true }
            return unsafe memcmp(l, r, left.count) == 0
        }
    }
}

/// Orders two runs byte by byte; the shorter of two with a common start comes first.
///
/// For UTF-8 text this is the order of code points, which is what the peers sort by.
///
/// - Returns: below, at, or above zero.
package func compareBytes(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Int {
    let shared = min(a.count, b.count)
    if shared > 0 {
        // Most names and values that differ do so at once, which is quicker seen than by a call.
        let first = Int(a[0]) - Int(b[0])
        if first != 0 { return first }
        let order = unsafe a.withUnsafeBytes { left in
            unsafe b.withUnsafeBytes { right -> Int32 in
                guard let l = left.baseAddress, let r = right.baseAddress else { return 0 }
                return unsafe memcmp(l, r, shared)
            }
        }
        if order != 0 { return Int(order) }
    }
    return a.count - b.count
}
