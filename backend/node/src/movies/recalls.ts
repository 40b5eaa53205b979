/**
 * Copies that are called back: by an admin here, or at the word of another deployment. What happened last is kept for everybody to see.
 * The table's own `invalidate` and `purge` are there beside it, and change this deployment alone.
 */
import type { AppCache } from 'noboil/cache'
import { NoboilError } from 'noboil/errors'
import type { Definers, MutationContext, TablesApi } from 'noboil/node'
import { schema } from 'noboil/schema'
import { array, enum as oneOf, int, object, string, type infer as Infer } from 'zod/v4'
import type { tablesOf } from '../tables.ts'

/** How many are kept. */
const recallsMax = 8

const entry = object({
  /** Milliseconds since the Unix epoch. */
  at: int(),
  /** `marked`: what is kept stays, stale. */
  what: oneOf(['marked', 'removed']),
  /** Null: every film. */
  film: object({ tmdbId: int(), title: string() }).nullable(),
  /** Who said so; null: another deployment. */
  by: string().nullable(),
  /** Where that deployment is, if there is only one that it can be. */
  from: string().optional(),
})

export type Recall = Infer<typeof entry>

/** Nobody but the server writes it: it has no `writeRole`. */
export const recalls = schema({
  kv: {
    recall: {
      keys: ['latest'] as const,
      schema: object({ entries: array(entry).max(recallsMax) }),
    },
  },
})

/** What the cache knows changes of: what a search answers rests on films. */
export const cacheDependencies = { movies: [], searches: ['movies'] } as const

type Tables = TablesApi<ReturnType<typeof tablesOf>>
type Context = MutationContext<Tables>

/** `peer`: the one other deployment there is, by its address; null: there may be several. */
export const recallFunctions =
  (cache: AppCache, peer: string | null) =>
  ({ mutation, internalMutation }: Definers<Tables>) => ({
    /** Marks or removes copies here, and has every other deployment told that films have changed. */
    recall: mutation({
      args: object({ what: oneOf(['marked', 'removed']), tmdbId: int().min(1).optional() }),
      handler: async (ctx, { what, tmdbId }) => {
        assertAdmin(ctx.user)
        const film = tmdbId === undefined ? null : await filmOf(ctx, tmdbId)
        const count = await callBack(ctx, what, tmdbId)
        await note(ctx, { at: ctx.now, what, film, by: ctx.user?.name ?? null })
        ctx.afterCommit(() => tell(cache, tmdbId))
        return { count }
      },
    }),
    /** Another deployment says that films have changed. It names none, so every copy is stale. */
    recalled: internalMutation({
      handler: async (ctx) => {
        await callBack(ctx, 'marked')
        const from = peer === null ? {} : { from: peer }
        await note(ctx, { at: ctx.now, what: 'marked', film: null, by: null, ...from })
      },
    }),
  })

/**
 * Calls `recalled` whenever another deployment says that films have changed. Commits of this one do not come by here: a copy that is
 * fetched is no change of the film, so the table takes no part in the cache.
 */
export function followMirrors(cache: AppCache, recalled: () => Promise<unknown>): () => void {
  return cache.onInvalidate(({ type, preventMirror, origin }) => {
    if (type !== 'movies' || !preventMirror || origin !== 'here') return
    recalled().catch((error: unknown) => {
      cache.ports.log.error({ type, reason: String(error) }, 'copies were not called back')
    })
  })
}

export function assertAdmin(user: { readonly role?: string | null | undefined } | null): void {
  if (user?.role === 'admin') return
  const code = user === null ? 'NOT_AUTHENTICATED' : 'FORBIDDEN'
  throw new NoboilError(
    code,
    'Only admins may change what is kept, or turn the catalogue’s switch.',
  )
}

async function filmOf({ system }: Context, tmdbId: number): Promise<Recall['film']> {
  const kept = await system.movie.get({ key: String(tmdbId) })
  if (kept !== null) return { tmdbId, title: kept.title }
  throw new NoboilError('NOT_FOUND', 'This film is not kept here.')
}

/** Answers how many copies it was about. */
async function callBack(
  { system }: Context,
  what: Recall['what'],
  tmdbId?: number,
): Promise<number> {
  if (what === 'removed') {
    const keys = tmdbId === undefined ? {} : { keys: [String(tmdbId)] }
    return (await system.movie.purge(keys)).deleted
  }
  const keys = tmdbId === undefined ? await allKeys(system) : [String(tmdbId)]
  for (const key of keys) await system.movie.invalidate({ key })
  return keys.length
}

const pageSize = 200

async function allKeys(system: Context['system']): Promise<readonly string[]> {
  const keys: string[] = []
  let cursor: string | null = null
  do {
    const paginationOpts = { numItems: pageSize, cursor }
    const answer: Awaited<ReturnType<typeof system.movie.list>> = await system.movie.list({
      paginationOpts,
    })
    keys.push(...answer.page.map(({ key }) => key))
    cursor = answer.isDone ? null : answer.continueCursor
  } while (cursor !== null)
  return keys
}

async function note({ system }: Context, recall: Recall): Promise<void> {
  const earlier = (await system.recall.get({ key: 'latest' }))?.entries ?? []
  const entries = [recall, ...earlier].slice(0, recallsMax)
  await system.recall.set({ key: 'latest', payload: { entries } })
}

async function tell(cache: AppCache, tmdbId?: number): Promise<void> {
  await cache.invalidate('movies', tmdbId === undefined ? {} : { ids: [tmdbId] })
  await cache.notify('movies', tmdbId ?? null, 'update')
}
