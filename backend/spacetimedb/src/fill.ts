/** What a fresh database shows: the polls that every host of the demo begins with, written by people as clients write. */
import { ballots, people, polls } from '@noboil/backend-node/seed-data'
import type { SpacetimeClient } from 'noboil/spacetimedb/client'
import { reducers } from './bindings.ts'
import { clientOf, connected, type Database } from './database.ts'

/** Fills a database that has no polls yet. `owner`: connected as its owner. */
export async function fill(database: Database, owner: SpacetimeClient): Promise<void> {
  const page = { paginationOpts: { numItems: 1, cursor: null } }
  const { page: found } = (await owner.query('poll.list', page)) as { page: readonly unknown[] }
  if (found.length > 0) return
  const clients = people.map(() => clientOf(database))
  try {
    for (const [at, { name }] of people.entries()) {
      const client = clients[at] as SpacetimeClient
      await connected(client, database)
      await owner.putUser({ _id: client.userId as string, name })
    }
    for (const poll of polls) {
      const by = clients[poll.by] as SpacetimeClient
      const payload = { question: poll.question, options: [...poll.options], isPublic: true }
      const { _id: parent } = (await by.call(reducers.create_poll, { payload })) as { _id: string }
      await owner.call(reducers.bulk_append_vote, { parent, items: ballots(poll) })
      for (const comment of poll.comments) {
        const author = clients[comment.by] as SpacetimeClient
        await author.call(reducers.create_comment, { parent, payload: { text: comment.text } })
      }
    }
  } finally {
    for (const client of clients) client.close()
  }
}
