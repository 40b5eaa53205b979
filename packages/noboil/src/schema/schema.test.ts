import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as three from 'zod/v3'
import * as z from 'zod/v4'
import { DefinitionError } from '../errors/assert.ts'
import { file, makeKv, makeLog, makeOwned, schema, zid } from '../exports/schema.ts'
import { idOf, keyOfId, type Layout, tableOfId } from './layout.ts'
import { describeFields } from './storable.ts'
import { canonicalJson, compareValues, fingerprint, inspect, utf8Bytes } from './values.ts'

const refusal = (field: z.ZodType): string => {
  try {
    describeFields('thing', z.object({ outer: z.object({ inner: field }) }))
  } catch (error) {
    expect(error).toBeInstanceOf(DefinitionError)
    return (error as Error).message
  }
  return ''
}

describe('a schema', () => {
  test.each([
    ['date', z.date()],
    ['bigint', z.bigint()],
    ['map', z.map(z.string(), z.string())],
    ['set', z.set(z.string())],
    ['tuple', z.tuple([z.string()])],
    ['pipe', z.string().transform((text) => text.length)],
    ['any', z.any()],
    ['unknown', z.unknown()],
    ['undefined', z.undefined()],
    ['null', z.null()],
    ['symbol', z.symbol()],
    ['nan', z.nan()],
    ['catch', z.string().catch('x')],
    ['intersection', z.intersection(z.object({}), z.object({}))],
    ['file', z.file()],
    ['lazy', z.lazy(() => z.string())],
    ['promise', z.promise(z.string())],
  ])('refuses %s by table and path', (type, field) => {
    expect(refusal(field)).toMatch(
      new RegExp(`^Table 'thing': field 'outer.inner' is of type '${type}'`),
    )
  })

  test('refuses what hides inside arrays, records and unions', () => {
    expect(refusal(z.array(z.date()))).toContain("'outer.inner[]'")
    expect(refusal(z.record(z.string(), z.date()))).toContain("'outer.inner{}'")
    expect(refusal(z.union([z.string(), z.date()]))).toContain("'outer.inner|1'")
    expect(refusal(z.array(z.string().optional()))).toContain('may be missing inside a collection')
    expect(refusal(z.record(z.number(), z.string()))).toContain('its keys')
    expect(refusal(z.looseObject({}))).toContain('takes unknown keys')
  })

  test('describes what it takes', () => {
    const fields = describeFields(
      'thing',
      z.object({
        name: z.string(),
        size: z.int().optional(),
        ratio: z.number().nullable(),
        mood: z.enum(['good', 'bad']).default('good'),
        owner: zid('users'),
        picture: file().nullish(),
        tags: z.array(z.string()),
      }),
    )
    expect(fields['name']).toEqual({ type: { kind: 'string' }, optional: false, nullable: false })
    expect(fields['size']).toMatchObject({
      type: { kind: 'number', integer: true },
      optional: true,
    })
    expect(fields['ratio']).toMatchObject({
      type: { kind: 'number', integer: false },
      nullable: true,
    })
    expect(fields['mood']?.fallback?.()).toBe('good')
    expect(fields['owner']?.type).toEqual({ kind: 'id', table: 'users' })
    expect(fields['picture']).toMatchObject({
      type: { kind: 'file' },
      optional: true,
      nullable: true,
    })
    expect(fields['tags']?.type.kind).toBe('array')
  })

  test('refuses names that rows use themselves, and names that are no columns', () => {
    for (const name of ['_id', 'seq', 'updatedAt', 'deletedAt', 'key', '__proto__x', 'a b', '$x']) {
      expect(() => makeOwned({ thing: z.object({ [name]: z.string() }) })).toThrow(DefinitionError)
    }
    expect(() => makeOwned({ thing: z.object({ userId: zid('users') }) })).not.toThrow()
    for (const table of ['users', '_x', 'a-b', '', 'ü']) {
      expect(() => makeOwned({ [table]: z.object({}) })).toThrow(DefinitionError)
    }
  })

  test('refuses a table in two slots or in the wrong one, in the types and when it runs', () => {
    const shape = z.object({ a: z.string() })
    // @ts-expect-error 'a' is in two slots
    expect(() => schema({ kv: { a: { schema: shape } }, owned: { a: shape } })).toThrow(
      'in two slots',
    )
    const log = makeLog({ vote: { parent: 'poll', schema: shape } })
    // @ts-expect-error 'vote' is a log table
    expect(() => schema({ kv: log })).toThrow("'vote' is a log table: put it in the log slot.")
    // @ts-expect-error there is no such slot
    expect(() => schema({ logs: {} })).toThrow("no slot 'logs'")
    expect(() =>
      schema({ kv: makeKv({ a: { schema: shape } }), log: { b: { parent: 'a', schema: shape } } }),
    ).toThrow("its parent 'a' is a kv table")
    // @ts-expect-error a log says whose rows it hangs under
    expect(() => schema({ log: { vote: shape } })).toThrow('a log table is declared as { parent')
  })

  test('says of an object() of another Zod that it is one', () => {
    const old = three.object({ a: three.string() })
    // @ts-expect-error not of zod/v4
    expect(() => schema({ owned: { poll: old } })).toThrow('not one of zod/v3')
  })

  test('keeps literal keys and parents in the types', () => {
    const s = schema({
      owned: { poll: z.object({ question: z.string() }) },
      log: { vote: { parent: 'poll', schema: z.object({ optionIdx: z.number() }) } },
      kv: { site: { keys: ['banner', 'notice'] as const, schema: z.object({ text: z.string() }) } },
    })
    const parent: 'poll' = s.vote.parent
    const keys: readonly ('banner' | 'notice')[] | undefined = s.site.keys
    expect([parent, keys]).toEqual(['poll', ['banner', 'notice']])
  })

  test('refuses quotas that are no numbers', () => {
    for (const limit of [0, -1, 1.5, Number.NaN, Infinity]) {
      expect(() => schema({ quota: { q: { limit, durationMs: 1000 } } })).toThrow(DefinitionError)
    }
  })
})

describe('inspecting a payload', () => {
  const fields = describeFields(
    'thing',
    z.object({
      name: z.string(),
      deep: z.object({ list: z.array(z.object({ x: z.string() })) }).optional(),
      bag: z.record(z.string(), z.number()).optional(),
      either: z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]).optional(),
    }),
  )
  const paths = (value: unknown): string[] =>
    (inspect(fields, value, 1000) ?? []).map(({ path }) => path)

  test('finds nothing wrong with what is fine', () => {
    expect(
      inspect(fields, { name: 'ü😀', deep: { list: [{ x: '' }] }, either: { b: 'x' } }, 1000),
    ).toBeUndefined()
  })

  test('names undeclared fields at every depth', () => {
    expect(paths({ name: 'x', nope: 1 })).toEqual(['nope'])
    expect(paths({ deep: { list: [{ x: 'a' }, { x: 'b', y: 1 }] } })).toEqual(['deep.list[1].y'])
    expect(paths({ either: { c: 'x' } })).toEqual(['either.c'])
    expect(paths(JSON.parse('{"__proto__": 1}'))).toEqual(['__proto__'])
    expect(paths(JSON.parse('{"bag": {"__proto__": 1}}'))).toEqual(['bag'])
  })

  test('names text that no store can hold', () => {
    expect(paths({ name: '\ud800' })).toEqual(['name'])
    expect(paths({ name: 'a\0b' })).toEqual(['name'])
  })

  test('refuses what is too large before anything reads it', () => {
    expect(() => inspect(fields, { name: 'x'.repeat(1001) }, 1000)).toThrow(
      'larger than 1000 bytes',
    )
  })
})

describe('values', () => {
  test('are ordered as UTF-8 is, on every host', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        expect(Math.sign(compareValues(a, b))).toBe(
          Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))),
        )
      }),
    )
    const ordered = [undefined, null, false, true, -1, 0, 2, '', 'a', '\uffee', '😀']
    for (const [at, a] of ordered.entries()) {
      for (const [other, b] of ordered.entries()) {
        expect(Math.sign(compareValues(a, b))).toBe(Math.sign(at - other))
      }
    }
  })

  test('that are equal have equal canonical text and fingerprints, others do not', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
      }),
    )
    expect(canonicalJson({ b: 1, a: undefined, c: [{ z: 1, y: 2 }] })).toBe(
      '{"b":1,"c":[{"y":2,"z":1}]}',
    )
    expect(fingerprint('{"a":1}')).not.toBe(fingerprint('{"a":2}'))
  })

  test('have the fingerprints of 64-bit FNV-1a', () => {
    const reference = (text: string): string => {
      let hash = 0xcbf29ce484222325n
      for (const char of text) {
        hash = BigInt.asUintN(64, (hash ^ BigInt(char.charCodeAt(0))) * 0x100000001b3n)
      }
      return Number(hash >> 32n).toString(36) + Number(hash & 0xffffffffn).toString(36)
    }
    for (const text of ['', 'a', 'foobar', '{"optionIdx":0,"voter":"me"}']) {
      expect(fingerprint(text)).toBe(reference(text))
    }
  })

  test('have as many bytes as their UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(utf8Bytes(text)).toBe(Buffer.byteLength(text))
      }),
    )
  })
})

describe('an id', () => {
  const log = {
    name: 'vote',
    columns: {
      parent: { type: { kind: 'string' }, optional: false, nullable: false },
      seq: { type: { kind: 'number', integer: true }, optional: false, nullable: false },
    },
    key: ['parent', 'seq'],
    id: 'key',
    indexes: {},
  } as const satisfies Layout

  test('of a derived key leads back to it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(), (parent, seq) => {
        const id = idOf(log, { parent, seq })
        expect(tableOfId(id)).toBe('vote')
        expect(keyOfId(log, id)).toEqual([parent, seq])
      }),
    )
  })

  test('of another table, or that is none, leads nowhere', () => {
    for (const id of [
      '',
      '.',
      'vote',
      'vote.',
      'vote.x.p',
      'vote.1.',
      'vote.01.p',
      'poll.1.p',
      'vote.-1.p',
      'vote.1e3.p',
    ]) {
      expect(keyOfId(log, id)).toBeUndefined()
    }
  })
})
