/**
 * How text becomes words to search by: the same on every host, so that hosts find the same rows.
 */

/** Longer words are found by their beginning. */
const maxWordChars = 64

const separators = /[^\p{L}\p{N}\p{M}]+/u
const plainWord = /^[a-z0-9]+$/

/**
 * The words of a text: runs of letters, digits and their marks, in Unicode's compatible form (NFKC), lower-case, each cut at 64
 * characters. In order, with repetitions.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = []
  for (const part of text.normalize('NFKC').toLowerCase().split(separators)) {
    if (part !== '') words.push(shorten(part))
  }
  return words
}

function shorten(word: string): string {
  if (word.length <= maxWordChars) return word
  if (plainWord.test(word)) return word.slice(0, maxWordChars)
  return Array.from(word).slice(0, maxWordChars).join('')
}
