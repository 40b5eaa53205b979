/**
 * What a fresh stand-in shows: the polls that every host of the demo begins with.
 */
import { ballots, people, polls } from '@noboil/backend-node/seed-data'
import type { TestDeployment } from 'noboil/convex/testing'
import { api, internal } from '../convex/_generated/api.js'

export async function fill(deployment: TestDeployment): Promise<void> {
  const ids = new Map<number, string>()
  for (const [at, { name }] of people.entries()) {
    ids.set(at, await deployment.run((ctx) => ctx.db.insert('users', { name })))
  }
  // Convex Auth's subject: a person, and a session of theirs.
  const as = (at: number) => deployment.as({ subject: `${ids.get(at)}|seed` })
  for (const poll of polls) {
    const { by, question, options, comments } = poll
    const payload = { question, options: [...options], isPublic: true }
    const { _id: parent } = await as(by).mutation(api.poll.create, { payload })
    await deployment.mutation(internal.seed.votes, { parent, items: ballots(poll) })
    for (const comment of comments) {
      const payload = { text: comment.text }
      await as(comment.by).mutation(api.comment.create, { parent, payload })
    }
  }
}
