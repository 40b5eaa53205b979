/** Every table of the deployment: the apps' own, and those of the accounts. */
import { authTables } from '@convex-dev/auth/server'
import { defineSchema, defineTable } from 'convex/server'
import { v } from 'convex/values'
import { defineTables } from 'noboil/convex'
import { s } from '../s.ts'
import { tables } from '../tables.ts'

export default defineSchema({
  ...authTables,
  ...defineTables(tables, { base: [s.movie] }),
  // Convex Auth makes people, noboil shows them: one table serves both.
  users: defineTable({
    name: v.string(),
    image: v.optional(v.union(v.string(), v.null())),
    role: v.optional(v.union(v.string(), v.null())),
    email: v.optional(v.string()),
    emailVerificationTime: v.optional(v.number()),
    phone: v.optional(v.string()),
    phoneVerificationTime: v.optional(v.number()),
    isAnonymous: v.optional(v.boolean()),
  })
    .index('email', ['email'])
    .index('phone', ['phone']),
})
