import { join } from 'node:path'
import { errorCode } from 'noboil/errors'
import { createTestApp } from 'noboil/node/testing'
import { s } from './schema.ts'

const file = join(process.argv[2] ?? '.', 'testing.db')

async function open() {
  return await createTestApp({
    host: { sqlite: file },
    tables: ({ table }) => ({
      poll: table(s.poll, { pub: 'isPublic' }),
      vote: table(s.vote, { pub: 'isPublic', counts: ['optionIdx'] }),
    }),
  })
}

const app = await open()
await app.users.set({ _id: 'users.ada' as never, name: 'Ada' })
const ada = app.as('users.ada')
const poll = await ada.poll.create({
  payload: { question: 'Tea?', options: ['yes', 'no'], isPublic: true },
})
const ballot = { parent: poll._id, payload: { optionIdx: 0, voter: 'Ada' }, idempotencyKey: 'k1' }
const first = await ada.vote.append(ballot)
const again = await ada.vote.append(ballot)
const refusal = await app
  .as('nobody')
  .vote.append(ballot)
  .then(() => 'none', errorCode)
await app.close()

const reopened = await open()
const totals = await reopened.as('nobody').vote.pub.counts({ parent: poll._id, field: 'optionIdx' })
await reopened.close()

console.log(JSON.stringify({ first, again, refusal, totals }))
