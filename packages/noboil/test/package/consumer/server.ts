import { join } from 'node:path'
import { createApi, createClient } from 'noboil/client'
import { errorCode } from 'noboil/errors'
import { type AuthPort, noboil } from 'noboil/node'
import type { User } from 'noboil/schema'
import { number, object } from 'zod'
import { s } from './schema.ts'

declare module 'noboil/schema' {
  interface Register {
    user: { permissions?: string[] }
  }
}

/** Whoever says a name is that person. */
const auth: AuthPort = {
  credential: (headers) => headers.get('authorization'),
  async session(headers) {
    const name = headers.get('authorization')
    if (name === null) return null
    const user = { _id: `users.${name}`, name, permissions: ['vote'] } as User
    return { id: name, user, expiresAt: Date.now() + 60_000 }
  },
}

function define(database: string) {
  return noboil({
    database,
    auth,
    log: { level: 'error' },
    tables: ({ table }) => ({
      poll: table(s.poll, { pub: 'isPublic' }),
      vote: table(s.vote, {
        pub: 'isPublic',
        softDelete: true,
        counts: ['optionIdx'],
        hooks: { beforeAppend: async (ctx, { payload }) => ({ ...payload, voter: ctx.user.name }) },
      }),
      comment: table(s.comment),
      siteConfig: table(s.siteConfig),
    }),
    functions: ({ query }) => ({
      double: query({ args: object({ n: number() }), handler: (_ctx, { n }) => n * 2 }),
    }),
  })
}

export type Api = ReturnType<typeof define>['api']

if (import.meta.main) {
  const database = join(process.argv[2] ?? '.', 'server.db')
  const app = define(database)
  const { port } = await app.listen({ port: 0 })
  const api = createApi<Api>()
  const ada = createClient({
    baseUrl: `http://localhost:${port}`,
    headers: { authorization: 'ada' },
  })
  const nobody = createClient({ baseUrl: `http://localhost:${port}` })

  const poll = await ada.mutation(api.poll.create, {
    payload: { question: 'Tea?', options: ['yes', 'no'], isPublic: true },
  })
  const { promise: seen, resolve: see } = Promise.withResolvers<Record<string, number>>()
  const stop = nobody.subscribe(
    api.vote.pub.counts,
    { parent: poll._id, field: 'optionIdx' },
    ({ data }) => data && Object.keys(data).length > 0 && see(data),
  )
  const ballot = {
    parent: poll._id,
    payload: { optionIdx: 1, voter: 'somebody else' },
    idempotencyKey: 'k1',
  }
  const first = await ada.mutation(api.vote.append, ballot)
  const again = await ada.mutation(api.vote.append, ballot)
  const refusal = await nobody.mutation(api.vote.append, ballot).then(() => 'none', errorCode)
  const live = await seen
  const doubled = await nobody.query(api.double, { n: 21 })
  const health = await fetch(`http://localhost:${port}/api/health`)
  stop()
  ada.close()
  nobody.close()
  await app.close()

  const reopened = define(database)
  const [vote] = await reopened.as(null).vote.pub.listAfter({ parent: poll._id, seq: 0 })
  await reopened.close()

  console.log(
    JSON.stringify({
      first,
      again,
      refusal,
      live,
      doubled,
      health: health.status,
      kept: vote && { seq: vote.seq, optionIdx: vote.optionIdx, voter: vote.voter },
    }),
  )
}
