import { hourMs, polls } from '@noboil/backend-node/seed-data'
import { ConvexHttpClient } from 'convex/browser'
import { errorCode } from 'noboil/errors'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { api, internal } from '../convex/_generated/api.js'
import { type StandIn, startStandIn } from './stand-in.ts'

// The machine that runs this may be busy with all the others.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let standIn: StandIn

beforeAll(async () => {
  vi.stubEnv('UPSTREAM_DELAY_MS', '0')
  standIn = await startStandIn(0)
})

afterAll(() => standIn.close())

const connect = (): ConvexHttpClient => new ConvexHttpClient(standIn.url, { logger: false })

async function signedIn(params: Record<string, string>, provider = 'password') {
  const client = connect()
  const { tokens } = await client.action(api.auth.signIn, { provider, params })
  client.setAuth(tokens?.token ?? '')
  return client
}

const codeOf = (call: Promise<unknown>) => call.then(() => 'fine', errorCode)

test('a fresh one has polls with ballots and comments, for everybody', async () => {
  const nobody = connect()
  const paginationOpts = { numItems: 10, cursor: null }
  const { page } = await nobody.query(api.poll.pub.list, { paginationOpts })
  expect(page).toHaveLength(5)
  const tabs = page.find(({ question }) => question.startsWith('Tabs'))
  const parent = String(tabs?._id)
  expect(await nobody.query(api.vote.counts, { parent, field: 'optionIdx' })).toEqual({
    0: 17,
    1: 18,
    2: 42,
  })
  expect(tabs?.author?.name).toBe('Tobias Eck')
})

test('what it begins with is as old as on every host, the newest first', async () => {
  const paginationOpts = { numItems: 10, cursor: null }
  const { page } = await connect().query(api.poll.pub.list, { paginationOpts })
  const ages = page.map(({ _creationTime }) => (Date.now() - _creationTime) / hourMs)
  const said = polls.map(({ hoursAgo }) => hoursAgo).toSorted((a, b) => a - b)
  for (const [at, age] of ages.entries()) expect(age).toBeCloseTo(said[at] ?? Number.NaN, 0)
})

test('people sign up, sign in, and are guests', async () => {
  const given = { email: 'Ann@example.com', password: 'a long password', name: 'Ann' }
  const ann = await signedIn({ ...given, flow: 'signUp' })
  expect(await ann.query(api.users.me, {})).toMatchObject({
    name: 'Ann',
    email: 'ann@example.com',
    role: 'user',
    isAnonymous: false,
  })
  const again = await signedIn({ ...given, flow: 'signIn' })
  expect((await again.query(api.users.me, {}))?._id).toBe((await ann.query(api.users.me, {}))?._id)
  await expect(signedIn({ ...given, password: 'another one', flow: 'signIn' })).rejects.toThrow(
    /InvalidSecret/,
  )
  const guest = await signedIn({}, 'anonymous')
  expect(await guest.query(api.users.me, {})).toMatchObject({ name: 'Guest', isAnonymous: true })
})

test('the admin it made may set the banner, and others may not', async () => {
  const admin = await signedIn({ ...standIn.admin, flow: 'signIn' })
  const banner = { key: 'banner', payload: { active: true, message: 'hello' } } as const
  expect(await admin.mutation(api.siteConfig.set, banner)).toMatchObject({ message: 'hello' })
  const guest = await signedIn({}, 'anonymous')
  expect(await codeOf(guest.mutation(api.siteConfig.set, banner))).toBe('FORBIDDEN')
  expect(await codeOf(guest.action(api.movies.readUpstream, {}))).toBe('FORBIDDEN')
  expect(await admin.action(api.movies.readUpstream, {})).toMatchObject({ mode: 'ok' })
})

test('a ballot carries its voter’s name, and the sixth in a minute is one too many', async () => {
  const guest = await signedIn({}, 'anonymous')
  const payload = { question: 'Tea?', options: ['Yes', 'No'], isPublic: true }
  const { _id: parent } = await guest.mutation(api.poll.create, { payload })
  const vote = () =>
    guest.mutation(api.vote.append, { parent, payload: { optionIdx: 0, voter: 'somebody else' } })
  for (let n = 1; n <= 5; n++) expect(await vote()).toEqual({ seq: n, created: true })
  expect(await codeOf(vote())).toBe('RATE_LIMITED')
  const paginationOpts = { numItems: 1, cursor: null }
  const { page } = await guest.query(api.vote.list, { parent, paginationOpts })
  expect(page[0]?.voter).toBe('Guest')
})

test('a film is fetched once, kept, and found on the shelf', async () => {
  const nobody = connect()
  const { results } = await nobody.action(api.movies.search, { text: 'the' })
  const key = String(results[0]?.tmdbId)
  expect(await nobody.query(api.movie.get, { key })).toBeNull()
  const loaded = await nobody.action(api.movie.load, { key })
  expect(await nobody.query(api.movie.get, { key })).toEqual(loaded)
  expect(await nobody.query(api.movies.shelf, {})).toEqual([loaded])
})

test('what is internal cannot be called from outside', async () => {
  await expect(
    connect().mutation(internal.seed.promote as never, { userId: 'x' } as never),
  ).rejects.toThrow(/Could not find public function/)
})
