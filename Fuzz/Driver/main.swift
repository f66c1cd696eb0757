import ApusStorage
import FuzzTargets
import Glibc

// Fuzzer <target> [options and folders of libFuzzer]   fuzzes a target
// Fuzzer --seeds <target> <folder>                      writes the seeds that the code has
// Fuzzer --list                                         names the targets

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ run: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

func fail(_ text: String) -> Never {
    let line = Array("\(text)\n".utf8)
    _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    exit(2)
}

// In memory where that can be: a target may write a dozen files for each input.
let folder = "\(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")/apus-fuzz-\(getpid())"
let targets = FuzzTarget.all(folder: folder)

func target(named name: String) -> FuzzTarget {
    guard let found = targets.first(where: { $0.name == name }) else {
        fail("no target \(name); there are: \(targets.map(\.name).joined(separator: ", "))")
    }
    return found
}

func removeFolder() { FuzzTarget.removeAll(folder: folder) }

let words = CommandLine.arguments
switch words.dropFirst().first {
case "--list":
    for target in targets { print(target.name) }
    removeFolder()
case "--seeds" where words.count == 4:
    do throws(FileError) {
        try Folder.make(words[3])
        for (number, seed) in target(named: words[2]).seeds.enumerated() {
            let path = "\(words[3])/seed-\(number)"
            try Folder.removeFile(path)
            try SystemFile(creating: path).write(seed.span, at: 0)
        }
    } catch {
        fail(error.description)
    }
    removeFolder()
case let name? where !name.hasPrefix("-"):
    chosen = target(named: name)
    atexit { removeFolder() }
    var count = CommandLine.argc - 1
    // libFuzzer wants its arguments without the name of the target, and keeps them.
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
    arguments?[0] = CommandLine.unsafeArgv[0]
    exit(
        runDriver(&count, &arguments) { bytes, length in
            chosen?.run(Array(UnsafeBufferPointer(start: bytes, count: length)))
            return 0
        })
default:
    fail("usage: Fuzzer <target> [options and folders of libFuzzer] | --seeds <target> <folder> | --list")
}
