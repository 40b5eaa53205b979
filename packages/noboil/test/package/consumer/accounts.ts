import { join } from 'node:path'
import { createApi, createClient } from 'noboil/client'
import { noboil } from 'noboil/node'
import { betterAuth } from 'noboil/node/better-auth'
import { s } from './schema.ts'

const folder = process.argv[2] ?? '.'
const app = noboil({
  database: join(folder, 'app.db'),
  auth: betterAuth({ database: join(folder, 'accounts.db'), log: { level: 'error' } }),
  log: { level: 'error' },
  tables: ({ table }) => ({
    poll: table(s.poll, { withAuthor: true, pub: 'isPublic' }),
    siteConfig: table(s.siteConfig),
  }),
})
const api = createApi<typeof app.api>()
const { url } = await app.listen({ port: 0 })
const origin = new URL(url).origin

const signedUp = await fetch(`${origin}/api/auth/sign-up/email`, {
  method: 'POST',
  headers: { 'content-type': 'application/json', origin },
  body: JSON.stringify({ name: 'Ada', email: 'ada@example.com', password: 'a long pass phrase' }),
})
const cookie = signedUp.headers
  .getSetCookie()
  .map((line) => line.split(';')[0])
  .join('; ')

const ada = createClient({ baseUrl: origin, headers: { cookie } })
await ada.mutation(api.poll.create, {
  payload: { question: 'Tea?', options: ['yes', 'no'], isPublic: true },
})
const nobody = createClient({ baseUrl: origin })
const { page } = await nobody.query(api.poll.pub.list, {
  paginationOpts: { numItems: 5, cursor: null },
})
ada.close()
nobody.close()
await app.close()

console.log(
  JSON.stringify({ signedUp: signedUp.status, by: page.map((poll) => poll.author?.name) }),
)
