/** What every cache is asked to do: the same keys in the same order, objects of 1 KB, fetches of 50 ms. */
import { seeded } from '../lib/random.ts'

export interface Article {
  readonly id: number
  readonly title: string
  readonly text: string
  readonly tags: readonly string[]
  readonly author: { readonly id: number; readonly name: string }
}

export const KEYS = 100_000
export const CALLERS = 64
export const STAMPEDE = 10_000
export const FETCH_MS = 50
export const SMALL = 1_000_000

/** 1 KB as JSON. */
export function makeArticle(id: number): Article {
  return {
    id,
    title: `Article ${id}`,
    text: 'x'.repeat(880),
    tags: ['news', 'world'],
    author: { id: id % 97, name: 'Somebody' },
  }
}

export function keyOf(index: number): string {
  return `article:${index}`
}

/** Which key is asked for next: few are asked for often, as readers do (Zipf, exponent 1). */
export function zipf(count: number, reads: number): Uint32Array {
  const random = seeded(20_261_121)
  const total = Math.log(count + 1)
  return Uint32Array.from({ length: reads }, () => {
    const share = random.int(1_000_000) / 1_000_000
    return Math.min(count - 1, Math.floor(Math.exp(share * total)) - 1)
  })
}
