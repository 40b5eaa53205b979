/** The tables of a generated project, before they become text. */

export interface TableSketch {
  readonly index: number
  readonly factory: 'owned' | 'log' | 'child' | 'kv' | 'singleton' | 'quota'
  readonly name: string
  /** The owned table that logs and children hang under. */
  readonly parent: string
  readonly fields: readonly FieldSketch[]
}

interface FieldSketch {
  readonly name: string
  readonly zod: string
  /** A value that the field takes, as source text. */
  readonly value: string
}

/** 5 to 8 fields. Every table has `title`, `count` and `isPublic`, which options and the client name. */
export function fieldsOf(index: number): readonly FieldSketch[] {
  const more = 2 + (index % 4)
  const rotated = Array.from({ length: more }, (_, at) => {
    const kind = KINDS[(index + at) % KINDS.length] as FieldSketch
    return { ...kind, name: `${kind.name}${index}` }
  })
  return [...COMMON, ...rotated]
}

const COMMON: readonly FieldSketch[] = [
  { name: 'title', zod: 'string().min(1).max(200)', value: `'a title'` },
  { name: 'count', zod: 'number().int().min(0)', value: '1' },
  { name: 'isPublic', zod: 'boolean()', value: 'true' },
]

const KINDS: readonly FieldSketch[] = [
  { name: 'state', zod: `zenum(['draft', 'open', 'closed'])`, value: `'open'` },
  { name: 'note', zod: 'string().optional()', value: `'a note'` },
  { name: 'tags', zod: 'array(string().max(40)).max(10)', value: `['a', 'b']` },
  {
    name: 'place',
    zod: 'object({ lat: number(), lng: number(), label: string().nullable() })',
    value: '{ lat: 1, lng: 2, label: null }',
  },
  { name: 'score', zod: 'number().nullable()', value: 'null' },
  { name: 'totals', zod: 'record(string(), number())', value: '{ a: 1 }' },
  { name: 'kind', zod: `string().default('plain')`, value: `'plain'` },
  { name: 'editors', zod: `array(zid('users'))`, value: '[]' },
]
