import { defineSchema, defineTable } from 'convex/server'
import { describe, expect, test } from 'vitest'
import { array, bigint, date, map, number, object, string, union } from 'zod/v4'
import { DefinitionError } from '../../errors/assert.ts'
import type { WireTable } from '../../factories/wiring.ts'
import { makeBase, makeKv, schema } from '../../schema/define.ts'
import { zid } from '../../schema/fields.ts'
import { tables } from './app.fixture.ts'
import { builders } from './deploy.fixture.ts'
import { noboil } from './noboil.ts'
import { defineTables } from './tables.ts'

interface Exported {
  readonly indexes: readonly {
    readonly indexDescriptor: string
    readonly fields: readonly string[]
  }[]
  readonly searchIndexes: readonly {
    readonly indexDescriptor: string
    readonly filterFields: readonly string[]
  }[]
}

const exported = (definition: unknown): Exported => (definition as { export(): Exported }).export()

describe('table definitions', () => {
  test('have the indexes that the tables and their options need, by the names of the pages', () => {
    const made = defineTables(tables) as unknown as Record<string, unknown>
    const indexes = Object.fromEntries(
      Object.entries(made).map(([name, table]) => [
        name,
        exported(table).indexes.map(({ indexDescriptor }) => indexDescriptor),
      ]),
    )
    expect(indexes).toMatchObject({
      banner: ['by_key'],
      vote: ['by_parent_seq', 'by_idempotency'],
      poll: expect.arrayContaining(['by_user', 'unique__slug']) as string[],
      profile: ['by_userId'],
      users: [],
      noboil_logCounters: ['by_table_parent'],
      noboil_windows: ['by_bucket_owner', 'by_expiry'],
      noboil_members_poll: ['by_key_id', 'by_key'],
    })
    expect(exported(made['vote']).searchIndexes).toMatchObject([
      { indexDescriptor: 'search', filterFields: ['parent'] },
    ])
  })

  test('go into a schema, beside tables of the app and cacheCrud’s', () => {
    const { movie } = schema({ base: makeBase({ movie: object({ id2: number() }) }) })
    const made = defineSchema({ ...defineTables(tables, { base: [movie] }) })
    expect(Object.keys(made.tables)).toContain('noboil_baseFetches')
  })
})

describe('noboil() refuses at definition', () => {
  const app = (wired: (build: { readonly table: WireTable }) => never) => () =>
    noboil({ ...builders, getAuthUserId: async () => null, tables: wired })

  const refusal = (fields: Parameters<typeof object>[0], options: object = {}): string => {
    let found: unknown
    try {
      const made = schema({ owned: { poll: object(fields as never) } }) as { poll: never }
      app(({ table }) => ({ poll: table(made.poll, options as never) }) as never)()
    } catch (error) {
      found = error
    }
    expect(found).toBeInstanceOf(DefinitionError)
    return (found as Error).message
  }

  test('an app without tables, or without a way to tell who is calling', () => {
    const getAuthUserId = async () => null
    expect(() => noboil({ ...builders, getAuthUserId } as never)).toThrow(
      'tables must be a function',
    )
    const nobody = { ...builders, tables: () => ({}) } as never
    expect(() => noboil(nobody)).toThrow('noboil({ getAuthUserId }) must be a function')
  })

  test('a name inside a value that Convex does not take, by its path', () => {
    const nested = object({ größe: number() })
    expect(refusal({ sizes: array(union([string(), nested])) })).toContain("'sizes[]|1.größe'")
  })

  test.each([
    ['at', date(), 'number()'],
    ['names', map(string(), string()), 'record()'],
    ['large', bigint(), 'number() or a string()'],
    ['made', string().transform(Number), 'before-hook'],
  ])('a type that cannot be stored: %s', (name, type, instead) => {
    const message = refusal({ [name]: type })
    expect(message).toContain(`Table 'poll': field '${name}'`)
    expect(message).toContain(instead)
  })

  test.each(['_own', '$price', 'größe', 'two words'])('a field called %s', (name) => {
    expect(refusal({ [name]: string() })).toContain(`field '${name}' cannot be`)
  })

  test.each(['noboil_search', 'noboil_namedAt'])('a field called %s, which rows have', (name) => {
    expect(refusal({ [name]: string() })).toContain(`field '${name}' is a name that noboil gives`)
  })

  test.each(['_poll', 'my-poll', 'größe', '2nd', 'users'])('a table called %s', (name) => {
    expect(() => schema({ owned: { [name]: object({}) } })).toThrow(`Table name '${name}'`)
  })

  test.each(['api', 'background', 'cacheCrud', 'db'])('a table called %s on Convex', (name) => {
    const made = schema({ owned: { [name]: object({}) } }) as Record<string, never>
    expect(app(({ table }) => ({ [name]: table(made[name] as never) }) as never)).toThrow(
      `A table cannot be called '${name}' on Convex`,
    )
  })

  test('a search or an index of a field that is not there', () => {
    expect(refusal({ rank: number() }, { search: 'title' })).toContain(`'title'`)
    expect(refusal({ rank: number() }, { index: ['title'] })).toContain(`'title'`)
  })

  test('a table of one factory in the slot of another', () => {
    const kv = makeKv({ banner: { schema: object({ text: string() }) } })
    expect(() => schema({ log: kv } as never)).toThrow(
      `'banner' is a kv table: put it in the kv slot.`,
    )
  })

  test('more fields than a document has', () => {
    const fields = Array.from({ length: 1_100 }, (_, at) => [`f${at}`, string()])
    expect(refusal(Object.fromEntries(fields))).toContain('at most 1000 in a document')
  })

  test('values nested deeper than Convex goes', () => {
    let deep: ReturnType<typeof object> = object({ end: string() }) as never
    for (let depth = 0; depth < 20; depth++) deep = object({ in: deep }) as never
    expect(refusal({ deep: deep as never })).toContain('nested more than 15 deep')
  })

  test('more indexes than a table may have', () => {
    const names = Array.from({ length: 40 }, (_, at) => `f${at}`)
    const fields = Object.fromEntries(names.map((name) => [name, string()]))
    expect(refusal(fields, { index: names })).toContain('at most 32 per table')
  })

  test('an index of more fields than Convex takes', () => {
    const names = Array.from({ length: 20 }, (_, at) => `f${at}`)
    const fields = Object.fromEntries(names.map((name) => [name, string()]))
    expect(refusal(fields, { index: [names] })).toContain('at most 16')
  })

  test.each([
    [{ maxBulkItem: 5 }, `There is no limit 'maxBulkItem'`],
    [{ maxBulkItems: 0 }, 'it must be a whole number above 0'],
    [{ maxBulkItems: 1.5 }, 'it must be a whole number above 0'],
    [{ maxSweepRows: 20_000 }, 'a transaction of Convex has room for 1000'],
  ])('limits that are none, or more than Convex has: %j', (limits, message) => {
    const config = { ...builders, getAuthUserId: async () => null, tables: () => ({}), limits }
    expect(() => noboil(config as never)).toThrow(message)
  })

  describe('a schema', () => {
    const deployed = (definitions: Record<string, unknown>) => () =>
      noboil({
        ...builders,
        getAuthUserId: async () => null,
        tables,
        schema: defineSchema(definitions as never),
      })
    const whole = (): Record<string, unknown> => ({ ...defineTables(tables) })

    test('that has everything is taken', () => {
      expect(deployed(whole())).not.toThrow()
    })

    test.each(['vote', 'noboil_windows'])('without the table %s, by its name', (name) => {
      const { [name]: _, ...rest } = whole()
      expect(deployed(rest)).toThrow(`convex/schema.ts has no table '${name}'`)
    })

    test('whose table lacks an index or the search, by its name', () => {
      const bare = () => defineTable({})
      expect(deployed({ ...whole(), vote: bare() })).toThrow(
        `table 'vote' has no index 'by_parent_seq'`,
      )
      const indexed = bare()
        .index('by_parent_seq', ['parent', 'seq'] as never)
        .index('by_idempotency', ['parent', 'idempotencyKey'] as never)
      expect(deployed({ ...whole(), vote: indexed })).toThrow(`table 'vote' has no index 'search'`)
    })

    test('without what a table of cacheCrud needs, when that is wired', () => {
      const { movie } = schema({ base: makeBase({ movie: object({ title: string() }) }) })
      const { cacheCrud } = deployed(whole())()
      expect(() =>
        cacheCrud({ table: 'movie', schema: movie, key: 'title', ttl: 1_000 } as never),
      ).toThrow(`convex/schema.ts has no table 'movie'`)
    })
  })

  test('a missing builder, by its name', () => {
    const { internalAction: _, ...rest } = builders
    const config = { ...rest, getAuthUserId: async () => null, tables: () => ({}) }
    expect(() => noboil(config as never)).toThrow('noboil({ internalAction })')
  })

  test('a table name that is too long for its bookkeeping', () => {
    const name = 'p'.repeat(60)
    const made = schema({ owned: { [name]: object({ ids: array(zid('users')) }) } }) as Record<
      string,
      never
    >
    const members = { members: 'ids' } as never
    expect(app(({ table }) => ({ [name]: table(made[name] as never, members) }) as never)).toThrow(
      /at most 64 characters/,
    )
  })
})
