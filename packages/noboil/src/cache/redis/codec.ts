/** Entries as Redis keeps them: a line that says what the value rests on and how long it holds, then the value. */
import type { Entity } from '../graph.ts'
import { assertJson } from '../values.ts'
import { type Basis, idSlots, tagsOf } from '../versions.ts'

/** Turns values into text and back. */
export interface CacheCodec {
  encode(value: unknown): string
  decode(text: string): unknown
}

/** JSON; values that it would change are refused. `undefined` is the empty text. */
export const jsonCodec: CacheCodec = {
  encode(value) {
    assertJson(value)
    return value === undefined ? '' : JSON.stringify(value)
  },
  decode: (text) => (text === '' ? undefined : JSON.parse(text)),
}

/** An entry's first line, taken apart. Times are those of Redis. */
export interface Header {
  readonly epoch: number
  readonly asOf: number
  readonly loadedAt: number
  readonly freshMs: number
  readonly tags: string
  /** Where the value begins. */
  readonly end: number
}

/** undefined for what another version of the library, or somebody else, has written. */
export function readHeader(text: string): Header | undefined {
  const end = text.indexOf('\n')
  const [version, epoch, asOf, loadedAt, freshMs, tags] = text.slice(0, end).split(' ')
  if (version !== '1' || tags === undefined) return undefined
  const header = { epoch: Number(epoch), asOf: Number(asOf), loadedAt: Number(loadedAt) }
  return { ...header, freshMs: Number(freshMs), tags, end: end + 1 }
}

/** The tags of a basis as one word: equal for equal ones. */
export function tagText(basis: Basis): string {
  return basis.slots === undefined ? `${basis.entity.name}*` : tagsOf(basis).join(',')
}

/** What a word of tags stands for, or undefined when it names an entity that this app does not have. */
export function readBasis(
  tags: string,
  find: (name: string) => Entity | undefined,
): Basis | undefined {
  const [first = '', ...rest] = tags.split(',')
  if (rest.length === 0 && first.endsWith('*')) {
    const entity = find(first.slice(0, -1))
    return entity && { entity, slots: undefined }
  }
  const entity = find(first)
  const slots = rest.map((tag) => Number(tag.slice(first.length + 1)))
  const isSound = slots.length > 0 && slots.every((slot) => slot >= 0 && slot < idSlots)
  return entity && isSound ? { entity, slots } : undefined
}
