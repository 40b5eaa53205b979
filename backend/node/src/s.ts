/**
 * The poll app's schema: everything the demo stores, once.
 */
import { array, boolean, int, object, string } from 'zod/v4'
import { schema } from 'noboil/schema'

const line = (max: number) => string().trim().min(1).max(max)

export const s = schema({
  owned: {
    poll: object({
      question: line(200),
      options: array(line(80)).min(2).max(8),
      isPublic: boolean(),
      closesAt: int().optional(),
    }),
  },
  log: {
    vote: {
      parent: 'poll',
      schema: object({ optionIdx: int().min(0).max(7), voter: string().max(80) }),
    },
  },
  child: {
    comment: {
      parent: 'poll',
      schema: object({ text: line(500), authorName: string().max(80).optional() }),
    },
  },
  kv: {
    siteConfig: {
      keys: ['banner'] as const,
      schema: object({ active: boolean(), message: string().trim().max(200) }),
      writeRole: (ctx) => ctx.user?.role === 'admin',
    },
  },
  singleton: {
    profile: object({ displayName: line(40), color: string().max(20).optional() }),
  },
  quota: { ballots: { limit: 5, durationMs: 60_000 } },
})
