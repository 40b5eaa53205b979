import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { noboil } from 'noboil/node'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MovieSource } from './movies/source.ts'
import { seed } from './seed.ts'
import { polls } from './seed-data.ts'
import { tablesOf } from './tables.ts'

const folder = mkdtempSync(join(tmpdir(), 'noboil-seed-'))
const database = join(folder, 'poll.db')
const now = Date.UTC(2026, 10, 21, 12)
const hourMs = 3_600_000

const source: MovieSource = {
  search: () => Promise.reject(new Error('Nobody searches here.')),
  details: () => Promise.reject(new Error('Nobody opens a film here.')),
}

const app = noboil({
  database,
  tables: ({ table }) => tablesOf(table, source),
  log: { level: 'warn' },
})

beforeAll(() => seed(database, source, now))

afterAll(async () => {
  await app.close()
  rmSync(folder, { recursive: true })
})

const paginationOpts = { numItems: 100, cursor: null }

test('every poll is as old as it says, the newest first', async () => {
  const { page } = await app.api.poll.list({ paginationOpts })
  const ages = page.map(({ _creationTime }) => (now - _creationTime) / hourMs)
  const said = polls.map(({ hoursAgo }) => hoursAgo).toSorted((a, b) => a - b)
  for (const [at, age] of ages.entries()) expect(age).toBeCloseTo(said[at] ?? Number.NaN, 3)
})

test('ballots came one after another since then, the last one some minutes ago at least', async () => {
  const { page } = await app.api.poll.list({ paginationOpts })
  for (const { _id: parent, _creationTime: asked } of page) {
    const { page: votes } = await app.api.vote.list({ parent, paginationOpts })
    const times = votes.map(({ _creationTime }) => _creationTime)
    expect(new Set(times).size).toBe(times.length)
    expect(Math.min(...times)).toBeGreaterThan(asked)
    expect(Math.max(...times)).toBeLessThan(now - 60_000)
  }
})

test('where there is a database nothing is added', async () => {
  await seed(database, source, now + hourMs)
  const { page } = await app.api.poll.list({ paginationOpts })
  expect(page).toHaveLength(polls.length)
})

test('there is no database before it is filled, so whoever is stopped meanwhile begins anew', async () => {
  const home = mkdtempSync(join(folder, 'fresh-'))
  const fresh = join(home, 'poll.db')
  const early = new Set<boolean>()
  const filled = seed(fresh, source, now).then(() => 'filled')
  while ((await Promise.race([filled, setImmediate('filling')])) === 'filling')
    early.add(existsSync(fresh))
  expect([...early]).toEqual([false])
  expect(readdirSync(home)).toEqual(['poll.db'])
})
