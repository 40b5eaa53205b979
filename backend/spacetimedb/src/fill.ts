/** What a fresh database shows: the polls that every host of the demo begins with, written by people as clients write. */
import { people } from '@noboil/backend-node/seed-data'
import { play, type Stage } from '@noboil/backend-node/seed-play'
import type { SpacetimeClient } from 'noboil/spacetimedb/client'
import { reducers } from './bindings.ts'
import { clientOf, connected, type Database } from './database.ts'

/** Fills a database that has no polls yet. `owner`: connected as its owner. `setTime`: of a database whose clock can be set. */
export async function fill(
  database: Database,
  owner: SpacetimeClient,
  setTime?: Stage['setTime'],
): Promise<void> {
  const page = { paginationOpts: { numItems: 1, cursor: null } }
  const { page: found } = (await owner.query('poll.list', page)) as { page: readonly unknown[] }
  if (found.length > 0) return
  const clients = people.map(() => clientOf(database))
  const client = (at: number) => clients[at] as SpacetimeClient
  try {
    for (const [at, { name }] of people.entries()) {
      await connected(client(at), database)
      await owner.putUser({ _id: client(at).userId as string, name })
    }
    await play({
      ...(setTime && { setTime }),
      async ask({ by, question, options }) {
        const payload = { question, options: [...options], isPublic: true }
        const row = (await client(by).call(reducers.create_poll, { payload })) as { _id: string }
        return row._id
      },
      vote: (parent, ballot) =>
        owner.call(reducers.bulk_append_vote, { parent, items: [{ ...ballot }] }),
      comment: (parent, { by, text }) =>
        client(by).call(reducers.create_comment, { parent, payload: { text } }),
    })
  } finally {
    for (const each of clients) each.close()
  }
}
