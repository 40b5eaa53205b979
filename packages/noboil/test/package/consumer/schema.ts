import { makeKv, makeOwned, schema } from 'noboil/node/schema'
import { type Id, makeChild, makeLog, type Payload, zid } from 'noboil/schema'
import { array, boolean, number, object, string } from 'zod'

const owned = makeOwned({
  poll: object({ question: string().min(1), options: array(string()).min(2), isPublic: boolean() }),
})

const kv = makeKv({
  siteConfig: {
    keys: ['banner', 'maintenance'],
    schema: object({ active: boolean(), message: string() }),
    writeRole: (ctx) => ctx.user?.role === 'admin',
  },
})

export const s = schema({
  owned,
  kv,
  log: makeLog({
    vote: { parent: 'poll', schema: object({ optionIdx: number().int(), voter: string() }) },
  }),
  child: makeChild({
    comment: { parent: 'poll', schema: object({ text: string(), about: zid('vote').optional() }) },
  }),
})

export const vote: Payload<typeof s.vote> = { optionIdx: 1, voter: 'Ada' }
// @ts-expect-error -- a string is no option index
export const wrong: Payload<typeof s.vote> = { optionIdx: '1', voter: 'Ada' }
// @ts-expect-error -- a plain string is no id
export const id: Id<'poll'> = 'poll.1'

if (import.meta.main) console.log(Object.keys(s).toSorted().join(' '))
