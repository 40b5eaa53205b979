/**
 * Fills a fresh database, so that there is something to look at.
 */
import type { App } from './app.ts'
import { ballots, people, person, polls, type SeedPoll } from './seed-data.ts'

/** Fills a database that has no polls yet. */
export async function seed(app: App): Promise<void> {
  const { page } = await app.api.poll.list({ paginationOpts: { numItems: 1, cursor: null } })
  if (page.length > 0) return
  for (const person of people) await app.users.put(person)
  for (const poll of polls) await seedPoll(app, poll)
}

async function seedPoll(app: App, poll: SeedPoll): Promise<void> {
  const { question, options } = poll
  const owner = app.as(person(poll.by))
  const { _id: parent } = await owner.poll.create({
    payload: { question, options: [...options], isPublic: true },
  })
  await app.api.vote.appendBulk({ parent, items: ballots(poll) })
  for (const { by, text } of poll.comments) {
    await app.as(person(by)).comment.create({ parent, payload: { text } })
  }
}
