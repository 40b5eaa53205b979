/** An app on Convex with a table of every factory, and people in it. */
import { cleanup, renderHook } from '@testing-library/react'
import { ConvexProvider, ConvexReactClient } from 'convex/react'
import * as convex from 'convex/server'
import type { ReactElement, ReactNode } from 'react'
import { afterEach, beforeEach, vi } from 'vitest'
import { array, boolean, number, object, string } from 'zod/v4'
import type { WireTable } from '../../factories/wiring.ts'
import { noboil } from '../../hosts/convex/noboil.ts'
import { defineTables } from '../../hosts/convex/tables.ts'
import { makeBase, schema } from '../../schema/define.ts'
import { createTestDeployment, type TestDeployment } from '../../standins/convex/standin.ts'
import { type Toast, ToastProvider } from './toast.tsx'

const s = schema({
  owned: { poll: object({ question: string(), isPublic: boolean() }) },
  log: {
    vote: {
      parent: 'poll',
      schema: object({ optionIdx: number(), voter: string(), note: string().optional() }),
    },
  },
  kv: {
    siteConfig: {
      keys: ['banner', 'maintenance'] as const,
      schema: object({ active: boolean(), message: string() }),
      writeRole: (ctx) => ctx.user?.role === 'admin',
    },
  },
  singleton: { profile: object({ displayName: string(), color: string().optional() }) },
  // Convex's client comes back by itself after a minute of silence: what ends by time ends well before.
  quota: { ballots: { limit: 2, durationMs: 20_000 } },
})
const base = makeBase({
  movie: object({ tmdbId: number(), title: string(), tags: array(string()) }),
})

const tables = ({ table }: { readonly table: WireTable }) => ({
  poll: table(s.poll, { pub: 'isPublic' }),
  vote: table(s.vote, { softDelete: true, pub: 'isPublic', counts: ['optionIdx'] }),
  siteConfig: table(s.siteConfig, { softDelete: true }),
  profile: table(s.profile),
  ballots: table(s.ballots),
})

/** What the source of movies has, and how often it was asked. */
export const source = { titles: new Map<string, string>(), asked: 0 }

const app = noboil({
  query: convex.queryGeneric,
  mutation: convex.mutationGeneric,
  action: convex.actionGeneric,
  internalQuery: convex.internalQueryGeneric,
  internalMutation: convex.internalMutationGeneric,
  internalAction: convex.internalActionGeneric,
  getAuthUserId: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null,
  tables,
})
const { append, appendBulk, list, listAfter, read, counts, rm, rmBulk, update } = app.api.vote
const { purgeByParent, restoreByParent } = app.api.vote
const { create, pub: pollPub } = app.api.poll
const cached = app.cacheCrud({
  table: 'movie',
  schema: base.movie,
  key: 'tmdbId',
  ttl: 20_000,
  fetcher: async (_ctx, id) => {
    source.asked++
    const title = source.titles.get(id)
    if (title === undefined) throw new Error('The source is away.')
    return { tmdbId: Number(id), title, tags: [] }
  },
})
const { get, load, refresh } = cached
const { set, rm: rmKey, restore, get: getKey } = app.api.siteConfig
/** Pages without rows, whose cursors mean nothing any more when the test says so. */
export const tape = { isCut: false }
const tapePage = convex.queryGeneric({
  args: { paginationOpts: convex.paginationOptsValidator },
  handler: async (_ctx, { paginationOpts: { cursor } }) => {
    if (tape.isCut && cursor !== null) throw new Error('InvalidCursor: the tape was cut.')
    const at = Number(cursor ?? 0)
    return { page: [at], continueCursor: String(at + 1), isDone: false }
  },
})

const modules = {
  tape: { page: tapePage },
  poll: { create },
  'poll/pub': { list: pollPub.list },
  vote: {
    ...{ append, appendBulk, list, listAfter, read, counts, rm, rmBulk, update },
    ...{ purgeByParent, restoreByParent },
  },
  siteConfig: { get: getKey, set, rm: rmKey, restore },
  profile: { get: app.api.profile.get, upsert: app.api.profile.upsert },
  ballots: {
    check: app.api.ballots.check,
    consume: app.api.ballots.consume,
    record: app.api.ballots.record,
  },
  movie: { get, load, refresh },
  'movie/system': { invalidate: cached.system.invalidate },
  noboil: app.background,
}
export const api = convex.anyApi as unknown as convex.ApiFromModules<typeof modules>

/** A base table's functions, as `convex/movie.ts` would export them. */
export const movieRefs = {
  ...{ get: api.movie.get, load: api.movie.load, refresh: api.movie.refresh },
  invalidate: convex.makeFunctionReference<'mutation'>('movie/system:invalidate'),
}

const deploy = (): TestDeployment =>
  createTestDeployment({
    schema: convex.defineSchema(defineTables(tables, { base: [base.movie] })),
    modules: {
      '/convex/_generated/api.js': async () => ({}),
      ...Object.fromEntries(
        Object.entries(modules).map(([name, module]) => [`/convex/${name}.ts`, async () => module]),
      ),
    },
  })

export interface World {
  readonly deployment: TestDeployment
  readonly ann: string
  readonly admin: string
  /** A public poll of Ann's. */
  readonly poll: string
}

export async function createWorld(): Promise<World> {
  const deployment = deploy()
  tape.isCut = false
  source.titles.clear()
  source.asked = 0
  const putUser = (name: string, role?: string): Promise<string> =>
    deployment.run((ctx) => ctx.db.insert('users', { name, ...(role && { role }) }))
  const ann = await putUser('Ann')
  const admin = await putUser('Admin', 'admin')
  const made = await deployment
    .as({ subject: ann })
    .mutation(api.poll.create, { payload: { question: 'Tea?', isPublic: true } })
  return { deployment, ann, admin, poll: made._id }
}

export interface Connected {
  readonly client: ConvexReactClient
  readonly Wrapper: (props: { readonly children?: ReactNode }) => ReactElement
}

/** The real client, as somebody or nobody. */
export function connectTo(
  deployment: TestDeployment,
  subject: string | undefined,
  toast: (toast: Toast) => void,
): Connected {
  const client = new ConvexReactClient(deployment.url, {
    webSocketConstructor: deployment.WebSocket,
    unsavedChangesWarning: false,
    logger: false,
  })
  if (subject !== undefined) {
    const token = deployment.token({ subject })
    client.setAuth(async () => token)
  }
  const Wrapper = ({ children }: { readonly children?: ReactNode }): ReactElement => (
    <ConvexProvider client={client}>
      <ToastProvider toast={toast}>{children}</ToastProvider>
    </ConvexProvider>
  )
  return { client, Wrapper }
}

export interface Hooked<result> {
  readonly now: () => result
  readonly rerender: () => void
}

export interface Stage {
  readonly world: World
  readonly client: ConvexReactClient
  /** A world of its own, in the middle of a test. */
  readonly renew: () => Promise<World>
  /** Renders a hook as somebody, over a client of its own. */
  readonly hook: <result>(run: () => result, subject?: string) => Hooked<result>
}

/** Registers the hooks of the calling file. */
export function openStage(): Stage {
  let world: World | undefined
  let client: ConvexReactClient | undefined
  const renew = async (): Promise<World> => (world = await createWorld())
  beforeEach(async () => void (await renew()))
  afterEach(async () => {
    cleanup()
    vi.useRealTimers()
    await client?.close()
  })
  return {
    get world(): World {
      return world as World
    },
    get client(): ConvexReactClient {
      return client as ConvexReactClient
    },
    renew,
    hook(run, subject) {
      const connected = connectTo((world as World).deployment, subject, () => {})
      client = connected.client
      const { result, rerender } = renderHook(run, { wrapper: connected.Wrapper })
      return { now: () => result.current, rerender: () => rerender() }
    },
  }
}

/** Waits for what is shown a little later, on a machine that may be busy. */
export const until = (check: () => void): Promise<void> =>
  vi.waitFor(check, { timeout: 20_000, interval: 5 })

export const seqsOf = (
  rows: readonly { readonly seq: number }[] | undefined,
): readonly number[] | undefined => rows?.map(({ seq }) => seq)

export const vote = (optionIdx: number): { optionIdx: number; voter: string } => ({
  optionIdx,
  voter: 'ann',
})
