/**
 * The app that every host opens: one schema and one set of options in which each factory and each option occurs. It uses
 * nothing that a host may lack, except where the name of a table says so (`later…`: its hooks or predicates wait).
 */
import type { OptionsOf, WireTable } from 'noboil/node'
import type { FunctionReference, HookContext, PredicateContext } from 'noboil/schema'
import { isInternal, schema, zid } from 'noboil/schema'
import { NoboilError } from 'noboil/errors'
import { array, boolean, enum as zenum, number, object, record, string } from 'zod/v4'
import { upstream } from './upstream.ts'

const text = object({ text: string().min(1).max(200) })

export const s = schema({
  owned: {
    poll: object({
      title: string().min(1).max(80),
      slug: string().optional(),
      rank: number().int().default(0),
      note: string().nullable().optional(),
      isPublic: boolean().default(false),
      memberIds: array(zid('users')).default([]),
    }),
    memo: object({
      text: string().max(200),
      status: zenum(['draft', 'done']).default('draft'),
      low: number().default(0),
      high: number().default(10),
      labels: record(string(), number()).optional(),
    }).refine((memo) => memo.low <= memo.high, { path: ['low'], message: 'low is above high' }),
    page: object({
      title: string(),
      state: zenum(['draft', 'published']).default('draft'),
      area: string().default('home'),
    }),
    /** Names its owner as a field; it is the server that fills it in. */
    notice: object({ text: string(), userId: zid('users') }),
  },
  child: {
    comment: { parent: 'poll', schema: text },
    task: {
      parent: 'poll',
      schema: object({ label: string(), done: boolean().default(false), due: number().optional() }),
    },
    remark: { parent: 'memo', schema: text },
  },
  singleton: {
    profile: object({
      name: string().min(1).max(40),
      bio: string().optional(),
      theme: zenum(['light', 'dark']).default('light'),
    }),
    draft: text,
  },
  kv: {
    banner: {
      keys: ['banner', 'maintenance'] as const,
      schema: object({
        active: boolean(),
        message: string().max(200),
        updatedBy: string().optional(),
      }),
      writeRole: (ctx) => ctx.user?.role === 'admin',
    },
    flag: { schema: object({ on: boolean(), why: string().optional() }), writeRole: true },
    health: { schema: object({ ok: boolean() }), writeRole: (ctx) => isInternal(ctx) },
    /** What after-hooks leave behind, so that whether they ran can be read on every host. */
    trace: { schema: object({ by: string(), what: string() }) },
    laterSetting: {
      schema: object({ value: string() }),
      writeRole: async (ctx) => (await ctx.db.get(ctx.userId))?.role === 'editor',
    },
  },
  log: {
    vote: {
      parent: 'poll',
      schema: object({
        optionIdx: number().int().min(0),
        voter: string().optional(),
        why: string().optional(),
      }),
    },
    event: {
      parent: 'poll',
      schema: object({ kind: zenum(['start', 'stop', 'tick']), body: string().default('') }),
    },
    entry: { parent: 'memo', schema: text },
    laterEntry: { parent: 'memo', schema: text },
  },
  base: {
    film: {
      schema: object({
        filmId: number().int().positive(),
        title: string().max(80),
        note: string().optional(),
      }),
      writeRole: (ctx) => ctx.user?.role === 'admin',
    },
    weather: object({ city: string().max(40), degrees: number() }),
    price: { schema: object({ sku: string(), cents: number() }), writeRole: true },
  },
  quota: {
    ballots: { limit: 3, durationMs: 10_000 },
    mail: { limit: 2, durationMs: 60_000 },
  },
})

/** How many appends, creates and writes a caller has, where a table limits them. */
export const limits = {
  event: { max: 3, window: 10_000 },
  comment: { max: 3, window: 10_000 },
  memo: { max: 5, window: 60_000 },
  profile: { max: 4, window: 10_000 },
  banner: { max: 6, window: 10_000 },
  film: { max: 3, window: 10_000 },
} as const

const trace: FunctionReference<
  'mutation',
  { key: string; payload: { by: string; what: string } },
  unknown
> = { path: 'trace.set', kind: 'mutation' }

/** Writes into the transaction that the hook is part of. */
const leave = (ctx: HookContext, key: string, what: string): Promise<void> =>
  ctx.db.mutation(trace, { key, payload: { by: ctx.user._id, what } }) as Promise<never>

/** Goes on when the transaction has answered: at once on hosts that do not wait. */
const then = (answer: Promise<void>, next: () => void): Promise<void> | void =>
  typeof (answer as Partial<Promise<void>> | null)?.then === 'function' ? answer.then(next) : next()

/** Hooks fail where a text asks them to: 'crash' as a defect of the app would, 'refuse' as an app that means it. */
function obey(asked: string | undefined): void {
  if (asked?.startsWith('crash') === true) throw new Error('secret of the app')
  if (asked?.startsWith('refuse') === true) throw new NoboilError('FORBIDDEN', 'The app says no.')
}

/** Adds a field that the schema does not have where a text asks for it: the factory must refuse it. */
const maybeExtra = <payload extends object>(payload: payload, asked: string | undefined): payload =>
  asked === 'extra' ? { ...payload, extra: 1 } : payload

/** What every host's `tables` is made of: options by the name of the table. */
export const options = {
  poll: {
    softDelete: true,
    pub: 'isPublic',
    members: 'memberIds',
    unique: ['slug'],
    index: ['rank'],
    search: 'title',
    withAuthor: true,
  },
  memo: {
    rateLimit: limits.memo,
    index: ['status', 'low', ['status', 'low']],
    hooks: {
      beforeCreate: (_ctx, { payload }) => {
        obey(payload.text)
        return maybeExtra({ ...payload, text: payload.text.trim() }, payload.text)
      },
      afterCreate: (ctx, { row }) => leave(ctx, 'memo.afterCreate', row.text),
      beforeUpdate: (_ctx, { patch }) => {
        obey(patch.text)
        return patch.text === undefined ? patch : { ...patch, text: patch.text.trim() }
      },
      afterUpdate: (ctx, { prev, row }) =>
        then(leave(ctx, 'memo.afterUpdate', `${prev.text} > ${row.text}`), () => {
          if (row.text === 'late crash') throw new Error('secret of the app')
        }),
      beforeRm: (_ctx, { prev }) => obey(prev.text === 'keep' ? 'refuse' : undefined),
      afterRm: (ctx, { id }) => leave(ctx, 'memo.afterRm', id),
    },
  },
  page: {
    pub: { where: { state: 'published' } },
    index: ['area', 'state'],
    search: ['title'],
    unique: [['area', 'title']],
  },
  notice: { pub: true },
  comment: {
    create: 'readers',
    pub: 'isPublic',
    softDelete: true,
    rateLimit: limits.comment,
    search: 'text',
    withAuthor: true,
  },
  task: { index: ['due', 'done', ['done', 'due']], unique: ['label'] },
  remark: {
    hooks: {
      beforeCreate: (_ctx, { payload }) => {
        obey(payload.text)
        return payload
      },
      afterCreate: (ctx, { row }) => leave(ctx, 'remark.afterCreate', row.parent),
    },
  },
  profile: {
    rateLimit: limits.profile,
    hooks: {
      beforeUpsert: (_ctx, { payload }) => {
        obey(payload.name)
        return payload.name === undefined ? payload : { ...payload, name: payload.name.trim() }
      },
      afterUpsert: (ctx, { row }) => leave(ctx, 'profile.afterUpsert', row.name),
    },
  },
  draft: {},
  banner: {
    softDelete: true,
    rateLimit: limits.banner,
    hooks: {
      beforeUpdate: (ctx, { payload }) => {
        obey(payload.message)
        return maybeExtra({ ...payload, updatedBy: ctx.user._id }, payload.message)
      },
      afterUpdate: (ctx, { key, row }) =>
        leave(ctx, 'banner.afterUpdate', `${key}: ${row.message}`),
      beforeRm: (_ctx, { prev }) => obey(prev.message === 'keep' ? 'refuse' : undefined),
      afterRm: (ctx, { key }) => leave(ctx, 'banner.afterRm', key),
    },
  },
  flag: {},
  health: { softDelete: true },
  trace: {},
  laterSetting: {},
  vote: { softDelete: true, pub: 'isPublic', counts: ['optionIdx'] },
  event: {
    rateLimit: limits.event,
    pub: { parentField: 'isPublic' },
    search: 'body',
    withAuthor: true,
    counts: ['kind'],
  },
  entry: {
    hooks: {
      beforeAppend: (ctx, { payload }) => {
        obey(payload.text)
        return maybeExtra({ text: `${payload.text} (${ctx.user._id})` }, payload.text)
      },
      afterAppend: (ctx, { row }) =>
        then(leave(ctx, 'entry.afterAppend', `${row.seq} ${row.text}`), () => {
          if (row.text.startsWith('late crash')) throw new Error('secret of the app')
        }),
      beforeUpdate: (_ctx, { patch }) => {
        obey(patch.text)
        return patch
      },
      afterUpdate: (ctx, { prev, patch }) =>
        leave(ctx, 'entry.afterUpdate', `${prev.text} > ${patch.text}`),
      beforeRm: (_ctx, { prev }) => obey(prev.text.startsWith('keep') ? 'refuse' : undefined),
      afterRm: (ctx, { id }) => leave(ctx, 'entry.afterRm', id),
    },
  },
  laterEntry: {
    hooks: {
      beforeAppend: async (ctx, { payload }) => {
        const user = await ctx.db.get(ctx.userId)
        obey(payload.text)
        return { text: `${payload.text} by ${user?.name ?? 'nobody'}` }
      },
      afterAppend: async (ctx, { row }) => {
        await Promise.resolve()
        await leave(ctx, 'laterEntry.afterAppend', row.text)
      },
    },
  },
  film: {
    key: 'filmId',
    ttl: 60_000,
    negativeTtlMs: 5_000,
    rateLimit: limits.film,
    fetcher: (ctx, key) =>
      upstream.ask(key, ctx, (version) => ({ filmId: Number(key), title: `film ${version}` })),
    hooks: { onFetch: (film) => ({ ...film, note: film.title.toUpperCase() }) },
  },
  weather: {
    key: 'city',
    ttl: 10_000,
    ttlJitter: 0.5,
    staleWhileRevalidate: true,
    fetcher: (ctx, key) => upstream.ask(key, ctx, (version) => ({ city: key, degrees: version })),
  },
  price: {
    key: 'sku',
    ttl: 10_000,
    fetchTimeoutMs: 3_000,
    staleIfError: 30_000,
    fetcher: (ctx, key) => upstream.ask(key, ctx, (version) => ({ sku: key, cents: version })),
  },
  ballots: {},
  mail: {
    authorize: (ctx: PredicateContext) => ctx.user?.role === 'admin',
    hooks: {
      onExceeded: (ctx: HookContext, { owner }: { owner: string }) =>
        leave(ctx, 'mail.onExceeded', owner),
    },
  },
} satisfies { readonly [name in keyof typeof s]: OptionsOf<(typeof s)[name]> }

/** The tables with their options, as every host's app takes them. */
export const tables = ({ table }: { readonly table: WireTable }) => ({
  poll: table(s.poll, options.poll),
  memo: table(s.memo, options.memo),
  page: table(s.page, options.page),
  notice: table(s.notice, options.notice),
  comment: table(s.comment, options.comment),
  task: table(s.task, options.task),
  remark: table(s.remark, options.remark),
  profile: table(s.profile, options.profile),
  draft: table(s.draft, options.draft),
  banner: table(s.banner, options.banner),
  flag: table(s.flag, options.flag),
  health: table(s.health, options.health),
  trace: table(s.trace, options.trace),
  laterSetting: table(s.laterSetting, options.laterSetting),
  vote: table(s.vote, options.vote),
  event: table(s.event, options.event),
  entry: table(s.entry, options.entry),
  laterEntry: table(s.laterEntry, options.laterEntry),
  film: table(s.film, options.film),
  weather: table(s.weather, options.weather),
  price: table(s.price, options.price),
  ballots: table(s.ballots, options.ballots),
  mail: table(s.mail, options.mail),
})
