import { NoboilError } from '../../errors/error.ts'
import type { SearchRequest } from '../../program/request.ts'
import { wordsOf } from '../../schema/words.ts'

const maxSearchWords = 32

/** The words of a request in the form in which rows' words are kept, each once. */
export function searchWords(request: SearchRequest): readonly string[] {
  const words = [...new Set(request.words.flatMap(wordsOf))]
  if (words.length > maxSearchWords) {
    throw new NoboilError('LIMIT_EXCEEDED', `A search may have ${maxSearchWords} words.`, {
      limit: 'maxSearchWords',
      max: maxSearchWords,
      actual: words.length,
    })
  }
  return words
}
