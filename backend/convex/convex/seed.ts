/**
 * What a fresh deployment is given by whoever runs it: `npx convex run seed:admin '{ "email": …, "password": … }'`.
 */
import { createAccount } from '@convex-dev/auth/server'
import { v } from 'convex/values'
import { refs } from 'noboil/convex'
import { db } from '../lazy.ts'
import { s } from '../s.ts'
import { internal } from './_generated/api.js'
import { internalAction, internalMutation } from './_generated/server.js'

/** Makes an account whose role is admin. */
export const admin = internalAction({
  args: { email: v.string(), password: v.string() },
  handler: async (ctx, { email, password }): Promise<null> => {
    // Convex Auth names its own tables; with exact optional fields ours are not assignable to them.
    const { user } = await createAccount(ctx as never, {
      provider: 'password',
      account: { id: email, secret: password },
      profile: { email, name: 'Admin' },
    })
    await ctx.runMutation(internal.seed.promote, { userId: user._id })
    return null
  },
})

export const promote = internalMutation({
  args: { userId: v.id('users') },
  handler: async (ctx, { userId }) => {
    await ctx.db.patch(userId, { role: 'admin' })
  },
})

/** Ballots in other people's names, which only the server itself may cast. */
export const votes = internalMutation({
  args: {
    parent: v.string(),
    items: v.array(v.object({ optionIdx: v.number(), voter: v.string() })),
  },
  handler: async (ctx, { parent, items }) =>
    db(ctx).mutation(refs(s.vote).appendBulk, { parent, items }),
})
