extension Folder {
    /// Removes the folder of a block so that a crash leaves all of it or what is removed when the store is opened.
    static func removeBlock(_ path: String) throws(FileError) {
        try rename(path, to: path + BlockFormat.deletedEnding)
        try remove(path + BlockFormat.deletedEnding)
    }
}
