/**
 * The app that is killed: a table of every factory, a function that writes to several of them in one transaction, and
 * background work that a transaction schedules.
 */
import { type AuthPort, type HostPorts, noboil, type WireTable } from 'noboil/node'
import { type Id, schema, type User } from 'noboil/schema'
import { number, object, string } from 'zod/v4'

/** Wide enough for every write of a run, so that what is counted can be compared with what was written. */
const window = { max: 1_000_000, window: 86_400_000 }

const s = schema({
  owned: { board: object({ title: string(), slug: string() }) },
  child: { card: { parent: 'board', schema: object({ mark: string() }) } },
  singleton: { profile: object({ n: number().int() }) },
  kv: { setting: { schema: object({ n: number().int() }), writeRole: true } },
  log: {
    entry: {
      parent: 'board',
      schema: object({ mark: string(), choice: number().int(), ballast: string().optional() }),
    },
    /** Written two at a time, to two boards. */
    twin: { parent: 'board', schema: object({ mark: string() }) },
    /** Purged for good, which leaves rows for a sweep in the background. */
    trail: { parent: 'board', schema: object({ step: number().int() }) },
  },
  quota: { spend: { limit: window.max, durationMs: window.window } },
})

/** Points inside and just after a transaction, at which a test may end the process. */
export interface Points {
  /** The transaction has written, and is not committed. */
  readonly inTransaction?: () => void
  /** The commit is durable, and the caller of `move` has not been told. */
  readonly committed?: (mark: string) => void
}

export interface AppOptions {
  readonly points?: Points
  readonly ports?: HostPorts
  readonly auth?: AuthPort
}

export const tablesWith =
  ({ inTransaction = () => {} }: Points) =>
  ({ table }: { readonly table: WireTable }) => ({
    board: table(s.board, { pub: true, unique: ['slug'] }),
    card: table(s.card, { create: 'readers' }),
    profile: table(s.profile),
    setting: table(s.setting),
    entry: table(s.entry, {
      softDelete: true,
      rateLimit: window,
      counts: ['choice'],
      search: 'mark',
      hooks: { afterAppend: () => inTransaction() },
    }),
    twin: table(s.twin),
    trail: table(s.trail),
    spend: table(s.spend),
  })

/** Not yet open. */
export const makeApp = (database: string, { points = {}, ports, auth }: AppOptions = {}) =>
  noboil({
    database,
    tables: tablesWith(points),
    functions: ({ mutation }) => ({
      move: mutation({
        args: object({ mark: string(), from: string(), to: string() }),
        handler: async (ctx, { mark, from, to }) => {
          await ctx.api.twin.append({ parent: from, payload: { mark } })
          await ctx.api.twin.append({ parent: to, payload: { mark } })
          ctx.afterCommit(() => points.committed?.(mark))
        },
      }),
    }),
    // Few rows a transaction, so that a sweep is many of them and is often caught in the middle.
    limits: { maxSweepRows: 5 },
    log: { level: 'silent' },
    ...(ports ? { ports } : {}),
    ...(auth ? { auth } : {}),
  })

export type CrashApp = ReturnType<typeof makeApp>

export const userNames: readonly string[] = ['ann', 'bob', 'cleo', 'dan']

export const userOf = (name: string): User => ({ _id: `users.${name}` as Id<'users'>, name })

/** Signs in whoever a header names. */
export const headerAuth: AuthPort = {
  credential: (headers) => headers.get('x-user'),
  async session(headers) {
    const name = headers.get('x-user')
    if (name === null) return null
    return { id: name, user: userOf(name), expiresAt: Date.now() + 3_600_000 }
  },
}
