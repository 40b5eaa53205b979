/**
 * Options whose data follows from rows reach the rows that are there, whenever they are switched on or changed: the app is closed
 * and opened with other options, and answers as if it had always had them.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LogOptions, noboil, type OwnedOptions } from 'noboil/node'
import { schema, type User, zid } from 'noboil/schema'
import { array, int, object, string } from 'zod/v4'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'noboil-derived-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const s = schema({
  owned: {
    poll: object({
      title: string(),
      stars: int().default(0),
      memberIds: array(zid('users')).default([]),
    }),
  },
  log: { vote: { parent: 'poll', schema: object({ optionIdx: int(), voter: string() }) } },
})
const ann = { _id: 'users.ann', name: 'Ann' } as User
const bob = { _id: 'users.bob', name: 'Bob' } as User
const page = { paginationOpts: { numItems: 10, cursor: null } }

type Poll = OwnedOptions<{ title: string; memberIds: unknown; stars: number }>
type Vote = LogOptions<{ optionIdx: number; voter: string }>

const open = (name: string, poll: Poll = {}, vote: Vote = {}) =>
  noboil({
    database: join(folder, name),
    log: { level: 'error' },
    tables: ({ table }) => ({
      poll: table(s.poll, poll as object),
      vote: table(s.vote, { softDelete: true, ...(vote as object) }),
    }),
  })

/** A poll of Ann's that Bob is a member of, with three votes, one of them removed. */
async function before(name: string, poll: Poll = {}, vote: Vote = {}): Promise<string> {
  const app = open(name, poll, vote)
  const payload = { title: 'Tea or coffee', stars: 3, memberIds: [bob._id] }
  const { _id: parent } = await app.as(ann).poll.create({ payload })
  for (const optionIdx of [1, 1, 2]) {
    await app.as(ann).vote.append({ parent, payload: { optionIdx, voter: 'Ann' } })
  }
  const [first] = await app.as(ann).vote.listAfter({ parent, seq: 0 })
  await app.as(ann).vote.rm({ id: first!._id })
  await app.close()
  return parent
}

test('counts that are switched on over existing rows count them, removed ones when they are back', async () => {
  const parent = await before('counts.db')
  const after = open('counts.db', {}, { counts: ['optionIdx'] })
  const counts = () => after.api.vote.counts({ parent, field: 'optionIdx' })
  expect(await counts()).toEqual({ 1: 1, 2: 1 })
  await after.as(ann).vote.append({ parent, payload: { optionIdx: 2, voter: 'Ann' } })
  expect(await counts()).toEqual({ 1: 1, 2: 2 })
  await after.as(ann).vote.restoreByParent({ parent })
  expect(await counts()).toEqual({ 1: 2, 2: 2 })
  await after.close()
})

test('counts of another field count the rows that are there, and what went on without counts is caught up with', async () => {
  const parent = await before('other-counts.db', {}, { counts: ['optionIdx'] })
  const without = open('other-counts.db')
  await without.as(ann).vote.append({ parent, payload: { optionIdx: 2, voter: 'Bob' } })
  await without.close()
  const after = open('other-counts.db', {}, { counts: ['optionIdx', 'voter'] })
  const counts = (field: 'optionIdx' | 'voter') => after.api.vote.counts({ parent, field })
  expect([await counts('optionIdx'), await counts('voter')]).toEqual([
    { 1: 1, 2: 2 },
    { Ann: 2, Bob: 1 },
  ])
  await after.close()
})

test('members that are switched on over existing rows find them in their lists and searches', async () => {
  await before('members.db', { search: 'title' })
  const after = open('members.db', { members: 'memberIds', search: 'title' })
  for (const user of [ann, bob]) {
    expect((await after.as(user).poll.list(page)).page).toMatchObject([{ stars: 3 }])
    expect(await after.as(user).poll.search({ query: 'coffee' })).toMatchObject([{ stars: 3 }])
  }
  await after.close()
})

test('an index that is added to a table with members knows the values of existing rows, also of required fields', async () => {
  await before('index.db', { members: 'memberIds' })
  const after = open('index.db', { members: 'memberIds', index: ['stars', 'title'] })
  const found = async (where: object) =>
    (await after.as(bob).poll.list({ ...page, where })).page.map((row) => row.stars)
  expect([
    await found({ stars: 0 }),
    await found({ stars: 3 }),
    await found({ title: 'Tea or coffee' }),
  ]).toEqual([[], [3], [3]])
  await after.close()
})

test('search that is switched on over existing rows finds them, with members and without', async () => {
  for (const members of [undefined, 'memberIds'] as const) {
    const name = `search-${members}.db`
    const options: Poll = members === undefined ? {} : { members }
    await before(name, options)
    const after = open(name, { ...options, search: 'title' }, { search: 'voter' })
    expect(await after.as(ann).poll.search({ query: 'cof' })).toHaveLength(1)
    const [{ _id: parent }] = (await after.as(ann).poll.list(page)).page as [{ _id: string }]
    expect(await after.as(ann).vote.search({ parent, query: 'ann' })).toHaveLength(2)
    await after.close()
  }
})

test('counts that existing rows do not allow stop the start with a sentence, and nothing is lost', async () => {
  const parent = await before('refused.db')
  const strict = noboil({
    database: join(folder, 'refused.db'),
    log: { level: 'error' },
    limits: { maxCountedValues: 1 },
    tables: ({ table }) => ({
      poll: table(s.poll),
      vote: table(s.vote, { softDelete: true, counts: ['optionIdx'] }),
    }),
  })
  await expect(strict.start()).rejects.toThrow(
    `Table 'vote': counts cannot be built over the rows that are there: 'optionIdx' is counted, and would have more than 1 different values here. Change those rows`,
  )
  await strict.close()
  const after = open('refused.db')
  expect(await after.as(ann).vote.listAfter({ parent, seq: 0 })).toHaveLength(2)
  await after.close()
})
