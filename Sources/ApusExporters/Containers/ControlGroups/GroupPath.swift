/// How engines name the control groups of containers.
///
/// All of them put the id's 64 hexadecimal digits into one component: `/docker/ID` and `/libpod_parent/libpod-ID` with
/// the driver cgroupfs, `/system.slice/docker-ID.scope`, `/machine.slice/libpod-ID.scope`, `…/cri-containerd-ID.scope`
/// and `…/crio-ID.scope` with systemd.
enum GroupPath {
    static let idLength = 64

    /// The id in one component of a path; `nil` where there is none, or the group is that of an engine's helper.
    static func containerID(in component: some StringProtocol) -> String? {
        guard component.utf8.count >= idLength, !component.hasPrefix("libpod-conmon-"),
            !component.hasPrefix("crio-conmon-")
        else { return nil }
        let bytes = Array(component.utf8)
        var start = 0
        for index in 0...bytes.count where index == bytes.count || !isDigit(bytes[index]) {
            if index - start == idLength { return String(decoding: bytes[start..<index], as: UTF8.self) }
            start = index + 1
        }
        return nil
    }

    /// The path up to the component that names a container, since its processes may live in groups below; `nil` where
    /// it is not named, or the path leads out of what can be seen.
    static func path(of id: String, in path: String) -> String? {
        guard path.hasPrefix("/"), path.utf8.count < 4_096 else { return nil }
        var result = ""
        for component in path.split(separator: "/") {
            if component == ".." { return nil }
            result += "/\(component)"
            if component.contains(id), containerID(in: component) == id { return result }
        }
        return nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
