/**
 * Places in an expression: the server counts in bytes of UTF-8 (offsets from 0, lines and columns from 1), the page in
 * UTF-16 units. No DOM.
 */

/** @typedef {{start: number, end: number}} Range */

/**
 * The UTF-16 offset of a byte offset; inside a character it is the character's start, beyond the text its end.
 * @param {string} text
 * @param {number} byte
 */
export function offsetOfByte(text, byte) {
  let bytes = 0;
  let offset = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (bytes > byte) return offset;
    offset += character.length;
  }
  return offset;
}

/** The UTF-16 range of a range of bytes; never backwards. @param {string} text @param {Range} position @returns {Range} */
export function rangeOfBytes(text, position) {
  const start = offsetOfByte(text, position.start);
  return { start, end: Math.max(start, offsetOfByte(text, position.end)) };
}

/**
 * The UTF-16 offset of a line and a column, null where the text has no such line.
 * @param {string} text
 * @param {number} line
 * @param {number} column
 */
export function offsetOfPlace(text, line, column) {
  const lines = text.split("\n");
  const wanted = lines[line - 1];
  if (wanted === undefined) return null;
  const before = lines.slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0);
  return before + offsetOfByte(wanted, Math.max(0, column - 1));
}
