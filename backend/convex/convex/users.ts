/** People, as the screens and the server's own code look at them. */
import { getAuthUserId } from '@convex-dev/auth/server'
import { ConvexError } from 'convex/values'
import { internalQuery, query } from './_generated/server.js'

/** Who is signed in; null: nobody. */
export const me = query({
  args: {},
  handler: async (ctx) => {
    const id = await getAuthUserId(ctx)
    const user = id && (await ctx.db.get(id))
    if (!user) return null
    const { _id, name, email = null, image = null, role = null, isAnonymous = false } = user
    return { _id, name, email, image, role: role ?? 'user', isAnonymous }
  },
})

export const assertAdmin = internalQuery({
  args: {},
  handler: async (ctx) => {
    const id = await getAuthUserId(ctx)
    const user = id && (await ctx.db.get(id))
    if (!user) throw new ConvexError({ code: 'NOT_AUTHENTICATED', message: 'Sign in first.' })
    if (user.role === 'admin') return null
    throw new ConvexError({ code: 'FORBIDDEN', message: 'This is for admins.' })
  },
})
