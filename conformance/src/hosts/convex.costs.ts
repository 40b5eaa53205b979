/**
 * What operations on Convex cost, counted: each on tables that differ in one option. `docs/convex-costs.md` is written from it.
 */
import { defineSchema, makeFunctionReference } from 'convex/server'
import { convexTest } from 'convex-test'
import { defineTables, noboil, type WireTable } from 'noboil/convex'
import { makeBase, schema, zid } from 'noboil/schema'
import { array, boolean, object, string } from 'zod/v4'
import { builders, modulesOf } from './convex.modules.ts'

const poll = object({
  title: string(),
  isPublic: boolean().default(false),
  slug: string().optional(),
  memberIds: array(zid('users')).default([]),
})
const vote = { parent: 'poll', schema: object({ option: string() }) } as const
const comment = { parent: 'poll', schema: object({ text: string() }) } as const
const flag = object({ on: boolean() })

const s = schema({
  owned: { poll, team: poll, page: poll },
  log: { vote, limited: vote, counted: vote, hooked: vote, signed: vote, found: vote },
  child: { comment },
  kv: {
    flag: { schema: flag, writeRole: true },
    banner: { schema: flag, writeRole: (ctx) => ctx.user?.role === 'admin' },
    limitedFlag: { schema: flag, writeRole: true },
  },
  singleton: { profile: object({ name: string() }) },
  quota: { ballots: { limit: 100, durationMs: 60_000 } },
  base: makeBase({ film: object({ filmId: string(), title: string() }) }),
})

const tables = ({ table }: { readonly table: WireTable }) => ({
  poll: table(s.poll),
  team: table(s.team, { members: 'memberIds' }),
  page: table(s.page, { unique: ['slug'], index: ['title'] }),
  vote: table(s.vote),
  limited: table(s.limited, { rateLimit: 1_000 }),
  counted: table(s.counted, { counts: ['option'] }),
  hooked: table(s.hooked, { hooks: { beforeAppend: (_ctx, { payload }) => payload } }),
  signed: table(s.signed, { withAuthor: true }),
  found: table(s.found, { search: 'option' }),
  comment: table(s.comment),
  flag: table(s.flag),
  banner: table(s.banner),
  limitedFlag: table(s.limitedFlag, { rateLimit: 1_000 }),
  profile: table(s.profile),
  ballots: table(s.ballots),
  film: table(s.film, {
    key: 'filmId',
    ttl: 60_000,
    fetcher: (_ctx, filmId) => ({ filmId, title: 'A film' }),
  }),
})

export interface Cost {
  readonly call: string
  readonly when: string
  /** Queries and documents by id. */
  readonly reads: number
  /** Documents inserted, patched and deleted. */
  readonly writes: number
}

const count = { reads: 0, writes: 0 }

/** Builders whose functions count what they do with `ctx.db`. */
const counting = Object.fromEntries(
  Object.entries(builders).map(([name, build]) => [
    name,
    ({ handler, ...definition }: { handler: (ctx: object, args: unknown) => unknown }) =>
      (build as (definition: object) => unknown)({
        ...definition,
        handler: (ctx: { readonly db?: object }, args: unknown) =>
          handler('db' in ctx ? { ...ctx, db: counted(ctx.db) } : ctx, args),
      }),
  ]),
) as unknown as typeof builders

const reading: ReadonlySet<unknown> = new Set([
  'get',
  'take',
  'first',
  'paginate',
  Symbol.asyncIterator,
])
const writing: ReadonlySet<unknown> = new Set(['insert', 'patch', 'delete'])

function counted(target: object): object {
  return new Proxy(target, {
    get(_, name) {
      const value = Reflect.get(target, name) as unknown
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if (reading.has(name)) count.reads++
        if (writing.has(name)) count.writes++
        const answer = value.apply(target, args) as unknown
        const isQuery = typeof answer === 'object' && answer !== null && 'take' in answer
        return isQuery ? counted(answer) : answer
      }
    },
  })
}

type Ask = (path: string, args: object) => Promise<unknown>

/** Runs every measured call once, on a table that has rows already. */
export async function costs(): Promise<readonly Cost[]> {
  const { api, background } = noboil({
    ...counting,
    getAuthUserId: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null,
    tables,
  })
  const deployed = modulesOf({ ...api, noboil: background })
  const app = convexTest({ schema: defineSchema(defineTables(tables)), modules: deployed.modules })
  const subject = await app.run((ctx) => ctx.db.insert('users', { name: 'ann' }))
  const ann = app.withIdentity({ subject })
  const ask: Ask = (path, args) => {
    const [table, ...rest] = path.split('.')
    const name = `${[table, ...rest.slice(0, -1)].join('/')}:${rest.at(-1)}`
    const { kind } = deployed.find(name) as { kind: 'query' | 'mutation' | 'action' }
    const run = ann[kind] as (fn: unknown, args: object) => Promise<unknown>
    return run(makeFunctionReference(name), args)
  }
  const found: Cost[] = []
  await measure(ask, subject, async (path, when, args) => {
    count.reads = count.writes = 0
    const answer = await ask(path, args)
    found.push({ call: path, when, reads: count.reads, writes: count.writes })
    return answer
  })
  return found
}

type Measure = (path: string, when: string, args: object) => Promise<unknown>
const payload = { option: 'tea' }
const paginationOpts = { numItems: 50, cursor: null }

async function measure(ask: Ask, user: string, cost: Measure): Promise<void> {
  const parent = await idOf(cost('poll.create', 'no options', { payload: { title: 'Tea' } }))
  for (const log of ['vote', 'limited', 'counted', 'hooked', 'signed', 'found']) {
    for (let row = 0; row < 3; row++) await ask(`${log}.append`, { parent, payload })
  }
  await measureLogs(cost, parent)
  await measureRows(ask, cost, parent, user)
  await measureRest(cost)
}

async function measureLogs(cost: Measure, parent: string): Promise<void> {
  await cost('vote.append', 'no options', { parent, payload })
  const keyed = { parent, payload, idempotencyKey: 'k' }
  await cost('vote.append', 'an idempotency key', keyed)
  await cost('vote.append', 'a key that was used: replayed', keyed)
  await cost('limited.append', 'rateLimit', { parent, payload })
  await cost('counted.append', 'counts', { parent, payload })
  await cost('hooked.append', 'a before-hook', { parent, payload })
  await cost('vote.appendBulk', '10 items', {
    parent,
    items: Array.from({ length: 10 }, () => payload),
  })
  await cost('vote.list', 'a page of any size', { parent, paginationOpts })
  await cost('signed.list', 'withAuthor, rows of one author', { parent, paginationOpts })
  const [first] = (await cost('vote.listAfter', 'any number of rows', { parent, seq: 0 })) as Made[]
  const id = first?._id
  await cost('counted.counts', 'counts, any number of rows', { parent, field: 'option' })
  await cost('found.search', 'search, any number of words', { parent, query: 'te' })
  await cost('vote.read', '', { id })
  await cost('vote.update', '', { id, patch: { option: 'milk' } })
  await cost('vote.rm', '', { id })
  await cost('vote.purgeByParent', 'any number of rows; a sweep follows', { parent })
}

async function measureRows(ask: Ask, cost: Measure, parent: string, user: string): Promise<void> {
  const title = 'Tea'
  const own = await idOf(ask('poll.create', { payload: { title } }))
  await cost('page.create', 'a unique field', { payload: { title, slug: 'tea' } })
  const team = await idOf(cost('team.create', 'members, none named', { payload: { title } }))
  await cost('poll.read', '', { id: own })
  await cost('poll.list', 'a page of any size', { paginationOpts })
  await cost('page.list', 'a filter on an index', { where: { title }, paginationOpts })
  await cost('team.list', 'members, a page of one row', { paginationOpts })
  await cost('poll.update', '', { id: own, patch: { title: 'Milk' } })
  await cost('page.update', 'a unique field, another changed', {
    id: await idOf(ask('page.create', { payload: { title, slug: 'milk' } })),
    patch: { title: 'Milk' },
  })
  await cost('team.update', 'one member added', {
    id: team,
    patch: { memberIds: [user, 'x'] },
  })
  await cost('poll.rm', 'sweeps of what hangs under it follow', { id: own })
  const comment = await idOf(cost('comment.create', '', { parent, payload: { text: 'Nice' } }))
  await cost('comment.list', 'a page of any size', { parent, paginationOpts })
  await cost('comment.update', '', { id: comment, patch: { text: 'Fine' } })
  await cost('comment.rm', '', { id: comment })
}

async function measureRest(cost: Measure): Promise<void> {
  const on = { key: 'a', payload: { on: true } }
  await cost('flag.set', 'the first time', on)
  await cost('flag.set', '', { ...on, payload: { on: false } })
  await cost('limitedFlag.set', 'rateLimit', on)
  await cost('flag.get', '', { key: 'a' })
  await cost('flag.list', 'a page of any size', { paginationOpts })
  await cost('banner.list', 'a writeRole that refuses the caller', { paginationOpts })
  await cost('flag.rm', 'for good: a tombstone stays', { key: 'a' })
  await cost('profile.upsert', 'the first time', { payload: { name: 'Ann' } })
  await cost('profile.upsert', '', { payload: { name: 'Ann B.' } })
  await cost('profile.get', '', {})
  await cost('ballots.consume', 'the first time', {})
  await cost('ballots.consume', '', {})
  await cost('ballots.check', '', {})
  await cost('film.load', 'not there: fetched', { key: 'f1' })
  await cost('film.load', 'fresh', { key: 'f1' })
  await cost('film.get', '', { key: 'f1' })
  await cost('film.refresh', '', { key: 'f1' })
}

interface Made {
  readonly _id: string
}

const idOf = async (made: Promise<unknown>): Promise<string> => ((await made) as Made)._id

/** The page. */
export async function costsPage(): Promise<string> {
  const rows = (await costs()).map(({ call, when, reads, writes }) => [
    factoryOf(call),
    call.slice(call.indexOf('.') + 1),
    when,
    `${reads}`,
    `${writes}`,
  ])
  return `${intro}\n${table([['factory', 'operation', 'with', 'reads', 'writes'], ...rows])}`
}

const factoryOf = (path: string): string => s[path.slice(0, path.indexOf('.')) as 'poll'].factory

const intro = `# What calls cost on Convex

Counted by a test, on tables that have rows already. A read is one query of an index, or one document by its id, however many
documents a page holds; a write is one document inserted, patched or deleted. Whoever calls is known without a read: the
caller's row in \`users\` is read only before code of the app (a hook, a predicate) looks at it. The page is written by
\`npm run costs -w @noboil/conformance\`; a test checks that it is current.
`

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(3, ...rows.map((row) => row[at]?.length ?? 0)),
  )
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] as number)).join(' | ')} |\n`
  const [head = [], ...rest] = rows
  return [head, widths.map((width) => '-'.repeat(width)), ...rest].map(line).join('')
}
