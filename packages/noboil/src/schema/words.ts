/**
 * Words as search knows them, on every host: runs of letters and digits, folded so that case and width do not matter.
 */
const word = /[\p{L}\p{N}\p{M}]+/gu

/** The words of a text, lower-case, in order. */
export const wordsOf = (text: string): string[] =>
  text.normalize('NFKC').toLowerCase().match(word) ?? []
