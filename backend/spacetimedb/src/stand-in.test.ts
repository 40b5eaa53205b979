import { hourMs, polls } from '@noboil/backend-node/seed-data'
import { bundleModule, createModuleHost } from 'noboil/spacetimedb/testing'
import { errorCode } from 'noboil/errors'
import type { SpacetimeClient } from 'noboil/spacetimedb/client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Accounts } from './accounts/accounts.ts'
import { reducers, tables } from './bindings.ts'
import { clientOf, connected, type Database } from './database.ts'
import { fill } from './fill.ts'
import { startStandIn } from './stand-in.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let accounts: Accounts
let database: Database
const clients: SpacetimeClient[] = []

beforeAll(async () => {
  accounts = await Accounts.open(undefined)
  database = await startStandIn({ port: 0, accounts, folder: undefined })
  await fill(database, await connect(database.owner))
})

afterAll(async () => {
  for (const client of clients) client.close()
  await database.close()
})

async function connect(token?: string): Promise<SpacetimeClient> {
  const client = clientOf(database, token)
  clients.push(client)
  await connected(client, database)
  return client
}

const codeOf = (call: Promise<unknown>) => call.then(() => 'fine', errorCode)

const newPoll = { payload: { question: 'Tea?', options: ['Yes', 'No'], isPublic: true } }
const banner = { key: 'banner', payload: { active: true, message: 'hello' } } as const

/** What a client is shown of a table, once it is known. */
function rowsOf(client: SpacetimeClient, table: keyof typeof tables) {
  const { watch } = client.watch(tables[table])
  return vi.waitFor(() => {
    const { rows } = watch.get()
    if (rows === undefined) throw new Error('not yet')
    return rows
  })
}

test('a fresh one has polls with ballots and comments, for everybody', async () => {
  const nobody = await connect()
  const polls = await rowsOf(nobody, 'poll')
  expect(polls).toHaveLength(5)
  const tabs = polls.find((poll) => String(poll['question']).startsWith('Tabs'))
  expect(tabs?.['author']).toMatchObject({ name: 'Tobias Eck' })
  const ballots = (await rowsOf(nobody, 'vote')).filter((vote) => vote['parent'] === tabs?.['_id'])
  expect(ballots).toHaveLength(77)
  expect(await rowsOf(nobody, 'comment')).not.toEqual([])
})

test('what it begins with is as old as on every host', async () => {
  const found = await rowsOf(await connect(), 'poll')
  const ages = found.map((poll) => (Date.now() - Number(poll['_creationTime'])) / hourMs)
  const said = polls.map(({ hoursAgo }) => hoursAgo).toSorted((a, b) => a - b)
  for (const [at, age] of ages.toSorted((a, b) => a - b).entries())
    expect(age).toBeCloseTo(said[at] ?? Number.NaN, 0)
})

test('filling it again changes nothing', async () => {
  await fill(database, await connect(database.owner))
  expect(await rowsOf(await connect(), 'poll')).toHaveLength(5)
})

test('somebody who has not entered is nobody, and a guest once they have', async () => {
  const guest = await connect()
  expect(await codeOf(guest.call(reducers.create_poll, newPoll))).toBe('NOT_AUTHENTICATED')
  await guest.enter()
  const poll = await guest.call(reducers.create_poll, newPoll)
  expect(poll.userId).toBe(guest.userId)
  expect(await codeOf(guest.call(reducers.set_siteConfig, banner))).toBe('FORBIDDEN')
})

test('accounts bring their names along, and the admin may set the banner', async () => {
  const given = { email: 'Ann@example.com', password: 'a long password', name: 'Ann' }
  const ann = await connect(await accounts.signUp(given))
  await ann.enter()
  const poll = await ann.call(reducers.create_poll, newPoll)
  const vote = { parent: poll._id, payload: { optionIdx: 0, voter: 'somebody else' } }
  await ann.call(reducers.append_vote, vote)
  const ballots = await rowsOf(ann, 'vote')
  expect(ballots.find(({ parent }) => parent === poll._id)).toMatchObject({ voter: 'Ann' })
  expect(await codeOf(ann.call(reducers.set_siteConfig, banner))).toBe('FORBIDDEN')

  const admin = { email: 'admin@poll.example', password: 'another password', name: 'Admin' }
  await accounts.ensureAdmin(admin)
  const { email, password } = admin
  const boss = await connect(await accounts.signIn({ email, password }))
  await boss.enter()
  expect(await boss.call(reducers.set_siteConfig, banner)).toMatchObject({ message: 'hello' })
})

test('the same account is the same person, on every device', async () => {
  const given = { email: 'twice@example.com', password: 'a long password', name: 'Twice' }
  const first = await connect(await accounts.signUp(given))
  const { email, password } = given
  const second = await connect(await accounts.signIn({ email, password }))
  expect(second.userId).toBe(first.userId)
})

test('the sixth ballot in a minute is one too many, and is not counted', async () => {
  const guest = await connect()
  await guest.enter()
  const { _id: parent } = await guest.call(reducers.create_poll, newPoll)
  const vote = () =>
    guest.call(reducers.append_vote, { parent, payload: { optionIdx: 0, voter: '' } })
  for (let n = 1; n <= 5; n++) expect(await vote()).toEqual({ seq: n, created: true })
  expect(await codeOf(vote())).toBe('RATE_LIMITED')
  const wrong = { parent, payload: { optionIdx: 7, voter: '' } }
  expect(await codeOf(guest.call(reducers.append_vote, wrong))).toBe('VALIDATION_FAILED')
})

test('what is published loads where no Node is, and stays small', async () => {
  const module = await bundleModule(new URL('index.ts', import.meta.url))
  const host = await createModuleHost({ module })
  expect(host.rows('poll')).toEqual([])
  await host.close()
  // Zod and SpacetimeDB's own library are most of it.
  expect(module.bytes).toBeLessThan(1_500_000)
})
