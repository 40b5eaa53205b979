/** What a client of a Convex deployment sees of the tables: exact arguments and answers, without code generation of noboil's own. */
import type {
  ApiFromModules,
  FilterApi,
  FunctionArgs,
  FunctionReference,
  FunctionReturnType,
} from 'convex/server'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { boolean, number, object, string } from 'zod/v4'
import type { WireTable } from '../../factories/wiring.ts'
import { makeBase, makeKv, makeLog, schema } from '../../schema/define.ts'
import type { Id } from '../../schema/register.ts'
import { builders } from './deploy.fixture.ts'
import { noboil } from './noboil.ts'
import { defineTables } from './tables.ts'

const s = schema({
  owned: { poll: object({ title: string(), rank: number().optional(), isPublic: boolean() }) },
  log: { vote: { parent: 'poll', schema: object({ optionIdx: number(), voter: string() }) } },
  child: { comment: { parent: 'poll', schema: object({ text: string() }) } },
  kv: {
    banner: {
      keys: ['banner', 'footer'] as const,
      schema: object({ message: string() }),
      writeRole: true,
    },
    status: { schema: object({ ok: boolean() }) },
  },
  singleton: { profile: object({ name: string() }) },
  quota: { ballots: { limit: 1, durationMs: 1_000 } },
  base: makeBase({ movie: object({ tmdbId: number(), title: string() }) }),
})

const tables = ({ table }: { readonly table: WireTable }) => ({
  poll: table(s.poll, { pub: 'isPublic', index: ['rank'] }),
  vote: table(s.vote, { counts: ['optionIdx'] }),
  comment: table(s.comment),
  banner: table(s.banner),
  status: table(s.status),
  profile: table(s.profile),
  ballots: table(s.ballots),
})

const app = noboil({ ...builders, getAuthUserId: async () => null, tables })

const modules = {
  poll: app.poll,
  'poll/pub': app.poll.pub,
  vote: app.vote,
  'vote/auth': app.vote.auth,
  comment: app.comment,
  banner: app.banner,
  status: app.status,
  'status/system': app.status.system,
  profile: app.profile,
  ballots: app.ballots,
  movie: app.cacheCrud({
    table: 'movie',
    schema: s.movie,
    key: 'tmdbId',
    fetcher: async (_ctx, key) => ({ tmdbId: Number(key), title: key }),
  }),
  users: app.users,
  noboil: app.background,
}

/** As code generation declares `api` and `internal`. */
type All = ApiFromModules<typeof modules>
type Public = FilterApi<All, FunctionReference<'query' | 'mutation' | 'action', 'public'>>
type Internal = FilterApi<All, FunctionReference<'query' | 'mutation' | 'action', 'internal'>>

describe('at the client', () => {
  test('arguments are exact: what is declared is taken, and nothing else', () => {
    type Append = FunctionArgs<Public['vote']['append']>
    expectTypeOf<Append['payload']>().toEqualTypeOf<{ optionIdx: number; voter: string }>()
    expectTypeOf<Append['parent']>().toEqualTypeOf<string>()
    expectTypeOf<Append['idempotencyKey']>().toEqualTypeOf<string | undefined>()
    const good: Append = { parent: 'p', payload: { optionIdx: 1, voter: 'ann' } }
    // @ts-expect-error -- an option is a number
    const wrong: Append = { parent: 'p', payload: { optionIdx: 'one', voter: 'ann' } }
    // @ts-expect-error -- a vote is for something
    const incomplete: Append = { parent: 'p', payload: { voter: 'ann' } }
    // @ts-expect-error -- no such argument
    const more: Append = { ...good, optionIdx: 1 }
    // @ts-expect-error -- a log knows its poll
    const orphan: Append = { payload: good.payload }
    expect([wrong, incomplete, more, orphan]).toHaveLength(4)
    expectTypeOf<FunctionArgs<Public['comment']['create']>['payload']>().toEqualTypeOf<{
      text: string
    }>()
    expectTypeOf<FunctionArgs<Public['banner']['set']>['key']>().toEqualTypeOf<
      'banner' | 'footer'
    >()
    expectTypeOf<FunctionArgs<Public['status']['get']>['key']>().toEqualTypeOf<string>()
    expectTypeOf<FunctionArgs<Public['vote']['counts']>['field']>().toEqualTypeOf<'optionIdx'>()
  })

  test('a patch has some of the fields', () => {
    type Update = FunctionArgs<Public['poll']['update']>
    const good: Update = { id: 'p' as Id<'poll'>, patch: { title: 'Tea' }, unset: ['rank'] }
    // @ts-expect-error -- a field that is not there
    const wrong: Update = { ...good, patch: { titel: 'Tea' } }
    expect(wrong.id).toBe(good.id)
  })

  test('comparisons are named without the dollar that Convex keeps to itself', () => {
    type List = FunctionArgs<Public['poll']['list']>
    const paginationOpts = { numItems: 1, cursor: null }
    const good: List = { paginationOpts, where: { rank: { gte: 1 } } }
    // @ts-expect-error -- that name cannot be sent to Convex
    const dollar: List = { paginationOpts, where: { rank: { $gte: 1 } } }
    // @ts-expect-error -- a field that is not indexed
    const unindexed: List = { paginationOpts, where: { title: 'Tea' } }
    expect([good, dollar, unindexed]).toHaveLength(3)
  })

  test('answers are exact', () => {
    expectTypeOf<FunctionReturnType<Public['vote']['append']>>().toEqualTypeOf<{
      readonly seq: number
      readonly created: boolean
    }>()
    type Vote = FunctionReturnType<Public['vote']['listAfter']>[number]
    expectTypeOf<Vote['optionIdx']>().toEqualTypeOf<number>()
    expectTypeOf<Vote['seq']>().toEqualTypeOf<number>()
    expectTypeOf<Vote>().not.toHaveProperty('option')
    type Banner = FunctionReturnType<Public['banner']['get']>
    expectTypeOf<NonNullable<Banner>['message']>().toEqualTypeOf<string>()
    expectTypeOf<Banner>().toBeNullable()
    expectTypeOf<
      FunctionReturnType<Public['poll']['list']>['page'][number]['title']
    >().toEqualTypeOf<string>()
    type Movie = FunctionReturnType<Public['movie']['load']>
    expectTypeOf<Movie['title']>().toEqualTypeOf<string>()
    expectTypeOf<FunctionReturnType<Public['profile']['get']>>().toBeNullable()
    type Spent = FunctionReturnType<Public['ballots']['consume']>
    expectTypeOf<Spent['allowed']>().toEqualTypeOf<boolean>()
  })

  test('kinds are those that a client calls them by', () => {
    expectTypeOf<Public['vote']['append']['_type']>().toEqualTypeOf<'mutation'>()
    expectTypeOf<Public['vote']['list']['_type']>().toEqualTypeOf<'query'>()
    expectTypeOf<Public['movie']['load']['_type']>().toEqualTypeOf<'action'>()
  })

  test('what only the server itself calls is not among the public functions', () => {
    expectTypeOf<keyof Public['status']>().toEqualTypeOf<'get'>()
    expectTypeOf<keyof Internal['status']>().toEqualTypeOf<
      'list' | 'set' | 'rm' | 'restore' | 'system'
    >()
    expectTypeOf<keyof Public['movie']>().toEqualTypeOf<'get' | 'load' | 'refresh'>()
    expectTypeOf<Public>().not.toHaveProperty('noboil')
    expectTypeOf<Public>().not.toHaveProperty('users')
    expectTypeOf<Internal['users']>().toHaveProperty('remove')
    expectTypeOf<Internal>().toHaveProperty('status')
    expectTypeOf<keyof Internal['noboil']>().toEqualTypeOf<
      'fetching' | 'flow' | 'look' | 'program' | 'sweep'
    >()
  })
})

test('the app’s own functions know the rows of the tables', () => {
  const made = defineTables(tables, { base: [s.movie] })
  type Document = (typeof made)['vote']['validator']['type']
  expectTypeOf<Document['optionIdx']>().toEqualTypeOf<number>()
  expectTypeOf<Document['parent']>().toEqualTypeOf<string>()
  expectTypeOf(made).toHaveProperty('movie')
  expectTypeOf(made).not.toHaveProperty('ballots')
})

test('inside a transaction the tables’ functions are called as they are registered', () => {
  const own = async (ctx: never) => {
    const db = app.db(ctx)
    const row = await db.query(app.banner.get, { key: 'banner' })
    expectTypeOf(row?.message).toEqualTypeOf<string | undefined>()
    await db.mutation(app.vote.append, { parent: 'p', payload: { optionIdx: 1, voter: '' } })
    // @ts-expect-error -- no key of the table
    await db.query(app.banner.get, { key: 'baner' })
    // @ts-expect-error -- a query writes nothing
    await db.mutation(app.banner.get, { key: 'banner' })
  }
  expect(own).toBeTypeOf('function')
})

test('a brand of one factory is refused where another is asked for', () => {
  const table = ((): unknown => ({})) as unknown as WireTable
  const shape = object({ text: string() })
  const wrong = [
    // @ts-expect-error -- 'ttl' is an option of a base table
    table(s.vote, { ttl: 5 }),
    // @ts-expect-error -- 'counts' is an option of a log table
    table(s.banner, { counts: ['message'] }),
    // @ts-expect-error -- a log is no key-value table
    () => schema({ kv: makeLog({ vote: { parent: 'poll', schema: shape } }) }),
    // @ts-expect-error -- nor the other way round
    () => schema({ log: makeKv({ banner: { schema: shape } }) }),
    // @ts-expect-error -- only base tables are copies of a source
    () => app.cacheCrud({ table: 'vote', schema: s.vote, key: 'seq', fetcher: async () => null }),
    // @ts-expect-error -- no field of the table
    () => app.cacheCrud({ schema: s.movie, table: 'movie', key: 'id', fetcher: async () => null }),
  ]
  expect(wrong).toHaveLength(6)
})
