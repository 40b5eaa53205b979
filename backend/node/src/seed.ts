/**
 * Fills a fresh database with polls of the last days, so that there is something to look at: a server whose clock is set back plays
 * what people did, in order, and is closed before the real one opens. It does so elsewhere: whoever is stopped meanwhile leaves
 * nothing that looks like a database.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type HostPorts, noboil } from 'noboil/node'
import type { MovieSource } from './movies/source.ts'
import { hourMs, oldestMs, people, person } from './seed-data.ts'
import { play } from './seed-play.ts'
import { tablesOf } from './tables.ts'

/** Does nothing where there is a database. `now`: milliseconds since the Unix epoch. */
export async function seed(database: string, movies: MovieSource, now: number): Promise<void> {
  if (existsSync(database)) return
  mkdirSync(dirname(database), { recursive: true })
  const filling = mkdtempSync(`${database}.filling-`)
  const unfinished = join(filling, 'poll.db')
  await fill(unfinished, movies, now)
  renameSync(unfinished, database)
  rmSync(filling, { recursive: true })
}

async function fill(database: string, movies: MovieSource, now: number): Promise<void> {
  const past = new Past(now - oldestMs)
  const app = noboil({
    database,
    tables: ({ table }) => tablesOf(table, movies),
    ports: past,
    log: { level: 'warn' },
  })
  try {
    for (const each of people) await app.users.put(each)
    await play({
      setTime: (hoursAgo) => (past.at = Math.round(now - hoursAgo * hourMs)),
      async ask({ by, question, options }) {
        const payload = { question, options: [...options], isPublic: true }
        return (await app.as(person(by)).poll.create({ payload }))._id
      },
      vote: (parent, ballot) => app.api.vote.appendBulk({ parent, items: [ballot] }),
      comment: (parent, { by, text }) =>
        app.as(person(by)).comment.create({ parent, payload: { text } }),
    })
  } finally {
    await app.close()
  }
}

/** Where time is what it is set to. */
class Past implements HostPorts {
  at: number
  readonly clock: HostPorts['clock'] = {
    now: () => this.at,
    setTimer: (ms, ring) => {
      const timer = setTimeout(ring, ms)
      return () => clearTimeout(timer)
    },
  }
  readonly random: HostPorts['random'] = { bytes: (count) => randomBytes(count) }

  constructor(at: number) {
    this.at = at
  }
}
