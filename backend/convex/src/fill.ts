/**
 * What a fresh stand-in shows: the polls that every host of the demo begins with, as old as they are there.
 */
import { hourMs, oldestMs, people } from '@noboil/backend-node/seed-data'
import { play } from '@noboil/backend-node/seed-play'
import type { TestDeployment } from 'noboil/convex/testing'
import { api, internal } from '../convex/_generated/api.js'

/** Nobody else may use this process meanwhile: a stand-in's clock is the machine's, which is set back. */
export async function fill(deployment: TestDeployment): Promise<void> {
  const realNow = Date.now
  const now = realNow()
  let past = now - oldestMs
  Date.now = () => past
  try {
    const ids: string[] = []
    for (const { name } of people) {
      ids.push(await deployment.run((ctx) => ctx.db.insert('users', { name })))
    }
    // Convex Auth's subject: a person, and a session of theirs.
    const as = (at: number) => deployment.as({ subject: `${ids[at]}|seed` })
    await play({
      setTime: (hoursAgo) => (past = Math.round(now - hoursAgo * hourMs)),
      async ask({ by, question, options }) {
        const payload = { question, options: [...options], isPublic: true }
        return (await as(by).mutation(api.poll.create, { payload }))._id
      },
      vote: (parent, ballot) =>
        deployment.mutation(internal.seed.votes, { parent, items: [ballot] }),
      comment: (parent, { by, text }) =>
        as(by).mutation(api.comment.create, { parent, payload: { text } }),
    })
  } finally {
    Date.now = realNow
  }
}
