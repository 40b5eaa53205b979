/**
 * noboil as a contestant: an app as its users write one, on embedded SQLite, called in process as a signed-in user.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { noboil } from 'noboil/node'
import { type Id, schema, type User } from 'noboil/schema'
import { boolean, number, object, string } from 'zod/v4'
import { BULK, OPTIONS } from '../workload.ts'

const s = schema({
  owned: { poll: object({ question: string(), isPublic: boolean() }) },
  log: { vote: { parent: 'poll', schema: object({ optionIdx: number(), voter: string() }) } },
})

export const owner: User = { _id: 'users.owner' as Id<'users'>, name: 'Owner' }
export const voter: User = { _id: 'users.01JD4W8Z9KVOTER0000000001' as Id<'users'>, name: 'Voter' }

const quiet = { log: { level: 'silent' } } as const

/** The log with nothing switched on but what makes its polls readable to a voter. */
export const plainApp = (database: string) =>
  noboil({
    ...quiet,
    database,
    limits: { maxGroupWrites: 64 },
    tables: ({ table }) => ({
      poll: table(s.poll, { pub: 'isPublic' }),
      vote: table(s.vote, { pub: 'isPublic' }),
    }),
  })

/** The spec's own `vote` table with everything switched on; the rate limit is one that the load does not reach. */
export const fullApp = (database: string) =>
  noboil({
    ...quiet,
    database,
    limits: { maxGroupWrites: 64 },
    tables: ({ table }) => ({
      poll: table(s.poll, { pub: 'isPublic' }),
      vote: table(s.vote, {
        softDelete: true,
        rateLimit: { max: 1_000_000, window: 60_000 },
        pub: 'isPublic',
        counts: ['optionIdx'],
        hooks: {
          beforeAppend: async (ctx, { payload }) => ({ ...payload, voter: ctx.user._id }),
          afterAppend: async () => {},
        },
      }),
    }),
  })

export type BenchApp = ReturnType<typeof plainApp> | ReturnType<typeof fullApp>

/** Makes the polls that ballots are cast in. */
export async function makePolls(app: BenchApp, count: number): Promise<readonly string[]> {
  const polls = app.as(owner).poll
  const ids: string[] = []
  while (ids.length < count) {
    const size = Math.min(1_000, count - ids.length)
    const items = Array.from({ length: size }, () => ({ question: 'Which one?', isPublic: true }))
    ids.push(...(await polls.createBulk({ items })).ids)
  }
  return ids
}

/** A database with `rows` ballots over `polls` polls of equal length; made once and kept in `cacheDir`. */
export async function dataset(
  cacheDir: string,
  rows: number,
  polls: number,
): Promise<{ readonly app: ReturnType<typeof fullApp>; readonly parents: readonly string[] }> {
  const dir = join(cacheDir, `noboil-${rows}-${polls}`)
  const ready = join(dir, 'parents.json')
  if (!existsSync(ready)) {
    rmSync(dir, { recursive: true, force: true })
    mkdirSync(dir, { recursive: true })
    await fill(join(dir, 'data.db'), ready, rows, polls)
  }
  const { default: parents } = (await import(ready, { with: { type: 'json' } })) as {
    default: readonly string[]
  }
  return { app: fullApp(join(dir, 'data.db')), parents }
}

async function fill(file: string, ready: string, rows: number, polls: number): Promise<void> {
  const app = fullApp(file)
  const parents = await makePolls(app, polls)
  const perPoll = rows / polls
  for (const parent of parents) {
    for (let from = 0; from < perPoll; from += BULK) {
      const items = Array.from({ length: Math.min(BULK, perPoll - from) }, (_, at) => ({
        optionIdx: (from + at) % OPTIONS,
        voter: voter._id,
      }))
      await app.api.vote.appendBulk({ parent, items })
    }
  }
  await app.close()
  writeFileSync(ready, JSON.stringify(parents))
}
