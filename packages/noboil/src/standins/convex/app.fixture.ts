/** An app as people write them on Convex, for tests of what runs it. */
import {
  actionGeneric,
  anyApi,
  cronJobs,
  defineSchema,
  defineTable,
  type FunctionReference,
  httpActionGeneric,
  httpRouter,
  internalActionGeneric,
  internalMutationGeneric,
  internalQueryGeneric,
  makeFunctionReference,
  mutationGeneric,
  paginationOptsValidator,
  queryGeneric,
} from 'convex/server'
import { ConvexError, v } from 'convex/values'
import { vi } from 'vitest'
import { createTestDeployment, type TestDeployment } from './standin.ts'

const schema = defineSchema({
  note: defineTable({
    room: v.string(),
    seq: v.number(),
    text: v.string(),
    tags: v.optional(v.record(v.string(), v.number())),
  }).index('by_room', ['room', 'seq']),
  other: defineTable({ n: v.number() }),
})

type Bounds = { eq(field: string, value: string): Bounds }
const byRoom = (room: string) => (q: unknown) => (q as Bounds).eq('room', room) as never

/** How often each query ran, by its name. */
export const runs: Record<string, number> = {}
const ran = (name: string): void => {
  runs[name] = (runs[name] ?? 0) + 1
}

const note = {
  list: queryGeneric({
    args: { room: v.string() },
    handler: async (ctx, { room }) => {
      ran(`list ${room}`)
      const rows = await ctx.db.query('note').withIndex('by_room', byRoom(room)).collect()
      return rows.map(({ seq, text }) => `${seq}${text}`)
    },
  }),
  page: queryGeneric({
    args: { room: v.string(), paginationOpts: paginationOptsValidator },
    handler: (ctx, { room, paginationOpts }) =>
      ctx.db
        .query('note')
        .withIndex('by_room', byRoom(room))
        .order('desc')
        .paginate(paginationOpts),
  }),
  add: mutationGeneric({
    args: { room: v.string(), text: v.string() },
    handler: async (ctx, { room, text }): Promise<number> => {
      if (text === 'bad') {
        throw new ConvexError({ code: 'FORBIDDEN', message: 'Not here.' })
      }
      const last = await ctx.db
        .query('note')
        .withIndex('by_room', byRoom(room))
        .order('desc')
        .first()
      const seq = ((last?.['seq'] as number | undefined) ?? 0) + 1
      await ctx.db.insert('note', { room, seq, text })
      return seq
    },
  }),
  rename: mutationGeneric({
    args: { room: v.string(), from: v.string(), to: v.string() },
    handler: async (ctx, { room, from, to }) => {
      const rows = await ctx.db.query('note').withIndex('by_room', byRoom(room)).collect()
      for (const row of rows) if (row['text'] === from) await ctx.db.patch(row._id, { text: to })
    },
  }),
  drop: mutationGeneric({
    args: { room: v.string(), seq: v.number() },
    handler: async (ctx, { room, seq }) => {
      const row = await ctx.db
        .query('note')
        .withIndex('by_room', (q) => (q.eq('room', room) as typeof q).eq('seq', seq as never))
        .first()
      if (row !== null) await ctx.db.delete(row._id)
    },
  }),
  move: mutationGeneric({
    args: { from: v.string(), to: v.string() },
    handler: async (ctx, { from, to }) => {
      const row = await ctx.db.query('note').withIndex('by_room', byRoom(from)).first()
      if (row !== null) await ctx.db.patch(row._id, { room: to })
    },
  }),
  matching: queryGeneric({
    args: { text: v.string() },
    handler: async (ctx, { text }) => {
      const rows = await ctx.db
        .query('note')
        .filter((q) => q.eq(q.field('text'), text))
        .collect()
      return rows.length
    },
  }),
  first: queryGeneric({
    args: { room: v.string() },
    handler: async (ctx, { room }) =>
      (await ctx.db.query('note').withIndex('by_room', byRoom(room)).first())?.['text'] ?? null,
  }),
  wrongAnswer: mutationGeneric({
    args: {},
    returns: v.object({ count: v.number() }),
    handler: async (ctx) => {
      await ctx.db.insert('note', { room: 'a', seq: 1, text: 'kept?' })
      return { count: 'many' } as never
    },
  }),
  /** Writes, has something else write and fail, and goes on. */
  survivesWrongAnswer: mutationGeneric({
    args: {},
    handler: async (ctx) => {
      await ctx.db.insert('note', { room: 'a', seq: 7, text: 'kept' })
      const wrong = makeFunctionReference<'mutation'>('note:wrongAnswer')
      await ctx.runMutation(wrong, {}).catch(() => null)
    },
  }),
  wrongRecord: queryGeneric({
    args: { counts: v.record(v.string(), v.number()) },
    handler: async () => null,
  }),
  big: mutationGeneric({
    args: { bytes: v.number() },
    handler: async (ctx, { bytes }) => {
      await ctx.db.insert('note', { room: 'a', seq: 1, text: 'x'.repeat(bytes) })
    },
  }),
  twoPages: queryGeneric({
    args: {},
    handler: async (ctx) => {
      const paginationOpts = { numItems: 1, cursor: null }
      await ctx.db.query('note').paginate(paginationOpts)
      await ctx.db.query('other').paginate(paginationOpts)
    },
  }),
  /** Two pages, each in a function of its own. */
  pageEach: queryGeneric({
    args: {},
    handler: async (ctx) => {
      const page = makeFunctionReference<'query'>('note:page')
      const paginationOpts = { numItems: 1, cursor: null }
      for (const room of ['a', 'b']) await ctx.runQuery(page, { room, paginationOpts })
    },
  }),
  many: mutationGeneric({
    args: { count: v.number() },
    handler: async (ctx, { count }) => {
      for (let n = 0; n < count; n++) await ctx.db.insert('other', { n })
    },
  }),
  numbers: queryGeneric({
    args: { count: v.number() },
    handler: async (_, { count }) => Array.from({ length: count }, (_, n) => n),
  }),
  echo: queryGeneric({ args: { given: v.any() }, handler: async (_, { given }) => given }),
  secretAction: internalActionGeneric({ args: {}, handler: async () => 'secret' }),
  signs: internalMutationGeneric({
    args: {},
    handler: async (ctx) => {
      const identity = await ctx.auth.getUserIdentity()
      await ctx.db.insert('note', { room: 'signed', seq: 1, text: identity?.subject ?? 'nobody' })
    },
  }),
  signsLater: mutationGeneric({
    args: {},
    handler: async (ctx) => {
      await ctx.scheduler.runAfter(0, makeFunctionReference<'mutation'>('note:signs'), {})
    },
  }),
  secret: internalQueryGeneric({ args: {}, handler: async () => 'secret' }),
  tick: internalMutationGeneric({
    args: { room: v.string() },
    handler: async (ctx, { room }) => {
      await ctx.db.insert('note', { room, seq: Date.now(), text: 'tick' })
    },
  }),
  later: mutationGeneric({
    args: { ms: v.number() },
    handler: async (ctx, { ms }) => {
      await ctx.scheduler.runAfter(ms, makeFunctionReference<'mutation'>('note:tick'), {
        room: 'later',
      })
    },
  }),
  fromAction: actionGeneric({
    args: { room: v.string() },
    handler: async (ctx, { room }): Promise<number> =>
      ctx.runMutation(
        makeFunctionReference<'mutation', { room: string; text: string }, number>('note:add'),
        {
          room,
          text: 'from an action',
        },
      ),
  }),
  who: queryGeneric({
    args: {},
    handler: async (ctx) => {
      const identity = await ctx.auth.getUserIdentity()
      return identity === null ? 'nobody' : `${identity.subject} ${String(identity['role'])}`
    },
  }),
  uploadUrl: mutationGeneric({ args: {}, handler: (ctx) => ctx.storage.generateUploadUrl() }),
  fileUrl: queryGeneric({
    args: { id: v.string() },
    handler: (ctx, { id }) => ctx.storage.getUrl(id as never),
  }),
}

type Internal = FunctionReference<'mutation', 'internal', { room: string }>
const crons = cronJobs()
const tick = makeFunctionReference<'mutation', { room: string }>('note:tick') as unknown as Internal
crons.interval('tick', { minutes: 1 }, tick, { room: 'cron' })

const http = httpRouter()
http.route({
  path: '/hello',
  method: 'POST',
  handler: httpActionGeneric(async (ctx, request) => {
    await ctx.runMutation(makeFunctionReference<'mutation'>('note:add'), {
      room: 'a',
      text: await request.text(),
    })
    return new Response('done', { status: 201 })
  }),
})

type Query<args extends object, result> = FunctionReference<'query', 'public', args & Any, result>
type Mutation<args extends object, result = null> = FunctionReference<
  'mutation',
  'public',
  args & Any,
  result
>
type Any = Record<string, unknown>
type None = Record<never, never>

interface NoteApi {
  readonly list: Query<{ room: string }, string[]>
  readonly first: Query<{ room: string }, string | null>
  readonly matching: Query<{ text: string }, number>
  readonly page: Query<{ room: string }, unknown>
  readonly who: Query<None, string>
  readonly wrongRecord: Query<{ counts: Record<string, number> }, null>
  readonly fileUrl: Query<{ id: string }, string | null>
  readonly add: Mutation<{ room: string; text: string }, number>
  readonly rename: Mutation<{ room: string; from: string; to: string }>
  readonly drop: Mutation<{ room: string; seq: number }>
  readonly move: Mutation<{ from: string; to: string }>
  readonly wrongAnswer: Mutation<None>
  readonly survivesWrongAnswer: Mutation<None>
  readonly twoPages: Query<None, null>
  readonly pageEach: Query<None, null>
  readonly many: Mutation<{ count: number }>
  readonly numbers: Query<{ count: number }, number[]>
  readonly echo: Query<{ given: unknown }, unknown>
  readonly signsLater: Mutation<None>
  readonly big: Mutation<{ bytes: number }>
  readonly later: Mutation<{ ms: number }>
  readonly uploadUrl: Mutation<None, string>
  readonly fromAction: FunctionReference<'action', 'public', { room: string }, number>
}

export const api: { readonly note: NoteApi } = anyApi as never

export const deploy = (): TestDeployment =>
  createTestDeployment({
    schema,
    modules: {
      '/convex/_generated/api.js': async () => ({}),
      '/convex/note.ts': async () => note,
      '/convex/crons.ts': async () => ({ default: crons }),
      '/convex/http.ts': async () => ({ default: http }),
    },
  })

/** Waits for what clients hear a little later, on a machine that may be busy. */
export const until = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 20_000, interval: 5 })
