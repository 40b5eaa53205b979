/**
 * What the pages say does not work yet. Each of these turns red when it does: then the page is changed, and the test goes.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LogOptions, noboil, type OwnedOptions } from 'noboil/node'
import { schema, type User, zid } from 'noboil/schema'
import { array, int, object } from 'zod/v4'
import { afterAll, expect, test } from 'vitest'
import { readPage } from './guides.ts'

const folder = mkdtempSync(join(tmpdir(), 'noboil-gaps-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const s = schema({
  owned: { poll: object({ stars: int().default(0), memberIds: array(zid('users')).default([]) }) },
  log: { vote: { parent: 'poll', schema: object({ optionIdx: int() }) } },
})
const ann = { _id: 'users.ann', name: 'Ann' } as User
const page = { paginationOpts: { numItems: 10, cursor: null } }

type Poll = OwnedOptions<{ memberIds: unknown; stars: number }>
type Vote = LogOptions<{ optionIdx: number }>

const open = (name: string, poll: Poll = {}, vote: Vote = {}) =>
  noboil({
    database: join(folder, name),
    log: { level: 'error' },
    tables: ({ table }) => ({
      poll: table(s.poll, poll as object),
      vote: table(s.vote, vote as object),
    }),
  })

test('counts that are switched on over existing rows leave them out', async () => {
  const before = open('counts.db')
  const { _id: parent } = await before.as(ann).poll.create({ payload: {} })
  await before.as(ann).vote.append({ parent, payload: { optionIdx: 1 } })
  await before.close()

  const after = open('counts.db', {}, { counts: ['optionIdx'] })
  expect(await after.api.vote.counts({ parent, field: 'optionIdx' })).toEqual({})
  await after.close()
  expect(readPage('operations.md')).toContain('`counts` that is switched on over existing rows')
})

test('members that are switched on over existing rows hide them from flat lists', async () => {
  const before = open('members.db')
  await before.as(ann).poll.create({ payload: {} })
  await before.close()

  const after = open('members.db', { members: 'memberIds' })
  expect((await after.as(ann).poll.list(page)).page).toEqual([])
  expect((await after.as(ann).poll.auth.list(page)).page).toHaveLength(1)
  await after.close()
  expect(readPage('operations.md')).toContain('`members` that is switched on over existing rows')
})

test('an index that is added to a table with members does not know the values of existing rows', async () => {
  const before = open('index.db', { members: 'memberIds' })
  await before.as(ann).poll.create({ payload: { stars: 3 } })
  await before.close()

  const after = open('index.db', { members: 'memberIds', index: ['stars'] })
  const found = async (stars: number) =>
    (await after.as(ann).poll.list({ ...page, where: { stars } })).page.map((row) => row.stars)
  expect([await found(0), await found(3)]).toEqual([[3], []])
  await after.close()
  expect(readPage('operations.md')).toContain('added to a table with `members` and rows')
})
