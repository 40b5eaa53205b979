/**
 * Fills a fresh database with polls of the last days, so that there is something to look at: a server whose clock is set back plays
 * what people did, in order, and is closed before the real one opens.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type HostPorts, noboil } from 'noboil/node'
import type { MovieSource } from './movies/source.ts'
import { ballots, people, person, polls, type SeedPoll } from './seed-data.ts'
import { tablesOf } from './tables.ts'

/** Does nothing where there is a database. `now`: milliseconds since the Unix epoch. */
export async function seed(database: string, movies: MovieSource, now: number): Promise<void> {
  if (existsSync(database)) return
  const past = new Past()
  const app = openPast(database, movies, past)
  try {
    const deeds = polls.flatMap((poll) => deedsOf(app, poll))
    past.at = now - Math.max(...deeds.map(({ hoursAgo }) => hoursAgo)) * hourMs
    for (const person of people) await app.users.put(person)
    for (const deed of deeds.toSorted((a, b) => b.hoursAgo - a.hoursAgo)) {
      past.at = Math.round(now - deed.hoursAgo * hourMs)
      await deed.play()
    }
  } finally {
    await app.close()
  }
}

const hourMs = 3_600_000

/** Where time is what it is set to. */
class Past implements HostPorts {
  at = 0
  readonly clock: HostPorts['clock'] = {
    now: () => this.at,
    setTimer: (ms, ring) => {
      const timer = setTimeout(ring, ms)
      return () => clearTimeout(timer)
    },
  }
  readonly random: HostPorts['random'] = { bytes: (count) => randomBytes(count) }
}

interface Deed {
  readonly hoursAgo: number
  readonly play: () => Promise<unknown>
}

const openPast = (database: string, movies: MovieSource, ports: HostPorts) =>
  noboil({
    database,
    tables: ({ table }) => tablesOf(table, movies),
    ports,
    log: { level: 'warn' },
  })

function deedsOf(app: ReturnType<typeof openPast>, poll: SeedPoll): readonly Deed[] {
  const { question, options, hoursAgo, comments } = poll
  const owner = app.as(person(poll.by))
  const created = Promise.withResolvers<string>()
  const votes = ballots(poll)
  return [
    {
      hoursAgo,
      play: async () => {
        const payload = { question, options: [...options], isPublic: true }
        const { _id } = await owner.poll.create({ payload })
        created.resolve(_id)
      },
    },
    ...votes.map((vote, at) => ({
      hoursAgo: hoursAgo * shareLeft((at + 1) / votes.length),
      play: async () => app.api.vote.appendBulk({ parent: await created.promise, items: [vote] }),
    })),
    ...comments.map(({ by, text, hoursAgo: ago }) => ({
      hoursAgo: ago,
      play: async () =>
        app.as(person(by)).comment.create({ parent: await created.promise, payload: { text } }),
    })),
  ]
}

/** Ballots come quickly at first, then ever more slowly, the last one some time ago. */
const shareLeft = (share: number): number => 0.94 * (1 - share) ** 2 + 0.06 * (1 - share) + 0.01
