/** What the movie app can do beside its table: search, the shelf, and the catalogue's switch. */
import { fetchTimeoutMs } from '@noboil/backend-node/movies/source'
import { v } from 'convex/values'
import { ConvexError } from 'convex/values'
import { refs } from 'noboil/convex'
import { db } from '../lazy.ts'
import { movieSource } from '../movies.ts'
import { s } from '../s.ts'
import { internal } from './_generated/api.js'
import { action, query } from './_generated/server.js'

const shelfMax = 24
/** A cache of a demo is small: its newest copies are found by reading all of it. */
const shelfReads = 500

export const shelf = query({
  args: {},
  handler: async (ctx) => {
    const paginationOpts = { numItems: shelfReads, cursor: null }
    const { page } = await db(ctx).query(refs(s.movie).list, { paginationOpts })
    return page.toSorted((a, b) => b.fetchedAt - a.fetchedAt).slice(0, shelfMax)
  },
})

export const search = action({
  args: { text: v.string() },
  handler: async (_ctx, { text }) => {
    const asked = text.trim()
    if (asked.length === 0 || asked.length > 100) {
      throw new ConvexError({
        code: 'VALIDATION_FAILED',
        message: 'Search for 1 to 100 characters.',
      })
    }
    return fetched(() => movieSource().search(asked, AbortSignal.timeout(fetchTimeoutMs)))
  },
})

/** Null where the source is somebody's real one. */
export const readUpstream = action({
  args: {},
  handler: async (ctx): Promise<Awaited<ReturnType<Switch['read']>> | null> => {
    await ctx.runQuery(internal.users.assertAdmin)
    const { upstream } = movieSource()
    return upstream === undefined ? null : fetched(() => upstream.read())
  },
})

export const turnUpstream = action({
  args: {
    mode: v.union(v.literal('ok'), v.literal('error'), v.literal('hang'), v.literal('garbage')),
  },
  handler: async (ctx, { mode }): Promise<Awaited<ReturnType<Switch['turn']>>> => {
    await ctx.runQuery(internal.users.assertAdmin)
    const { upstream } = movieSource()
    if (upstream === undefined) {
      throw new ConvexError({ code: 'UNSUPPORTED', message: 'A real catalogue has no switch.' })
    }
    return fetched(() => upstream.turn(mode))
  },
})

type Switch = NonNullable<ReturnType<typeof movieSource>['upstream']>

async function fetched<answer>(ask: () => Promise<answer>): Promise<answer> {
  try {
    return await ask()
  } catch (error) {
    console.error('The film catalogue did not answer.', error)
    throw new ConvexError({ code: 'FETCH_FAILED', message: 'The film catalogue did not answer.' })
  }
}
