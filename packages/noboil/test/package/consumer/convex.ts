import * as convex from 'convex/server'
import { defineTables, noboil, type WireTable } from 'noboil/convex'
import { createTestDeployment } from 'noboil/convex/testing'
import { errorCode } from 'noboil/errors'
import { s } from './schema.ts'

const tables = ({ table }: { readonly table: WireTable }) => ({
  poll: table(s.poll, { pub: 'isPublic' }),
  vote: table(s.vote, { pub: 'isPublic', counts: ['optionIdx'] }),
  siteConfig: table(s.siteConfig),
})

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

const { create, list } = app.api.poll
const { append, appendBulk, counts, listAfter, rm, update } = app.api.vote
const { get, restore, rm: rmKey, set } = app.api.siteConfig
const modules = {
  poll: { create, list },
  vote: { append, appendBulk, counts, list: app.api.vote.list, listAfter, rm, update },
  siteConfig: { get, restore, rm: rmKey, set },
  noboil: app.background,
}

export type Api = convex.FilterApi<
  convex.ApiFromModules<typeof modules>,
  convex.FunctionReference<'query' | 'mutation' | 'action', 'public'>
>

if (import.meta.main) {
  const api: Api = convex.anyApi as unknown as Api
  const files = Object.entries(modules).map(([name, file]) => [
    `/convex/${name}.js`,
    async () => file,
  ])
  const deployment = createTestDeployment({
    schema: convex.defineSchema({ ...defineTables(tables) }),
    modules: {
      '/convex/_generated/api.js': async () => ({}),
      ...(Object.fromEntries(files) as Record<string, () => Promise<unknown>>),
    },
  })
  const subject = await deployment.run((ctx) => ctx.db.insert('users', { name: 'Ada' }))
  const ada = deployment.as({ subject })
  const poll = await ada.mutation(api.poll.create, {
    payload: { question: 'Tea?', options: ['yes', 'no'], isPublic: true },
  })
  const ballot = { parent: poll._id, payload: { optionIdx: 0, voter: 'Ada' }, idempotencyKey: 'k1' }
  const first = await ada.mutation(api.vote.append, ballot)
  const again = await ada.mutation(api.vote.append, ballot)
  const refusal = await deployment.mutation(api.vote.append, ballot).then(() => 'none', errorCode)
  const totals = await deployment.query(api.vote.counts, { parent: poll._id, field: 'optionIdx' })
  console.log(JSON.stringify({ first, again, refusal, totals }))
}
