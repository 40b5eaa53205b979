import * as fc from 'fast-check'
import { ConvexHttpClient } from 'convex/browser'
import { ConvexReactClient } from 'convex/react'
import { type FunctionReference, type FunctionReturnType } from 'convex/server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { errorCode } from '../../errors/match.ts'
import { api, deploy, runs, until } from './app.fixture.ts'
import type { TestDeployment } from './standin.ts'

// The machine that runs this may be busy with all the others.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let deployment: TestDeployment
let clients: ConvexReactClient[] = []

beforeEach(() => {
  deployment = deploy()
  for (const name of Object.keys(runs)) delete runs[name]
})

afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()))
  clients = []
})

function connect(): ConvexReactClient {
  const client = new ConvexReactClient(deployment.url, {
    webSocketConstructor: deployment.WebSocket,
    unsavedChangesWarning: false,
    logger: false,
  })
  clients.push(client)
  return client
}

/** What a query answers over time, the latest last. */
function follow<query extends FunctionReference<'query'>>(
  client: ConvexReactClient,
  query: query,
  args: object,
): FunctionReturnType<query>[] {
  const seen: FunctionReturnType<query>[] = []
  const watch = client.watchQuery(query, ...([args] as never))
  watch.onUpdate(() => {
    const value = watch.localQueryResult()
    if (value !== undefined) seen.push(value)
  })
  return seen
}

const latest = <value>(seen: readonly value[]): value | undefined => seen.at(-1)

test('every client sees what one of them writes', async () => {
  const [ann, ben] = [connect(), connect()]
  const seen = follow(ben, api.note.list, { room: 'a' })
  await until(() => expect(latest(seen)).toEqual([]))
  expect(await ann.mutation(api.note.add, { room: 'a', text: 'x' })).toBe(1)
  await until(() => expect(latest(seen)).toEqual(['1x']))
  await deployment.mutation(api.note.add, { room: 'a', text: 'y' })
  await until(() => expect(latest(seen)).toEqual(['1x', '2y']))
  expect(await ann.action(api.note.fromAction, { room: 'a' })).toBe(3)
  await until(() => expect(latest(seen)).toHaveLength(3))
})

test('a query runs again when what it read was written, and otherwise not', async () => {
  const seen = follow(connect(), api.note.list, { room: 'a' })
  await until(() => expect(latest(seen)).toEqual([]))
  await deployment.mutation(api.note.add, { room: 'b', text: 'x' })
  await deployment.mutation(api.note.rename, { room: 'b', from: 'x', to: 'y' })
  expect(runs['list a']).toBe(1)
  await deployment.mutation(api.note.move, { from: 'b', to: 'a' })
  await until(() => expect(latest(seen)).toEqual(['1y']))
  await deployment.mutation(api.note.rename, { room: 'a', from: 'y', to: 'z' })
  await until(() => expect(latest(seen)).toEqual(['1z']))
  expect(runs['list a']).toBe(3)
})

const rooms = fc.constantFrom('a', 'b')
const texts = fc.constantFrom('x', 'y')
const write = fc.oneof(
  fc.record({ run: fc.constant(api.note.add), args: fc.record({ room: rooms, text: texts }) }),
  fc.record({
    run: fc.constant(api.note.rename),
    args: fc.record({ room: rooms, from: texts, to: texts }),
  }),
  fc.record({
    run: fc.constant(api.note.drop),
    args: fc.record({ room: rooms, seq: fc.integer({ min: 1, max: 3 }) }),
  }),
  fc.record({ run: fc.constant(api.note.move), args: fc.record({ from: rooms, to: rooms }) }),
)

test('after every write what a client has equals a fresh query', async () => {
  const queries = [
    { query: api.note.list, args: { room: 'a' } },
    { query: api.note.list, args: { room: 'b' } },
    { query: api.note.matching, args: { text: 'x' } },
    { query: api.note.first, args: { room: 'a' } },
  ] as const
  await fc.assert(
    fc.asyncProperty(fc.array(write, { maxLength: 12 }), async (writes) => {
      deployment = deploy()
      const client = connect()
      const followed = queries.map(({ query, args }) => follow(client, query, args))
      for (const { run, args } of writes) {
        await deployment.mutation(run, args)
        const fresh = await Promise.all(
          queries.map(({ query, args }) => deployment.query(query, args)),
        )
        await until(() => expect(followed.map(latest)).toEqual(fresh))
      }
      await client.close()
    }),
    { numRuns: 30 },
  )
})

test('mutations of one client run in the order they were made', async () => {
  const client = connect()
  const texts = ['a', 'b', 'c', 'd', 'e']
  const seqs = await Promise.all(
    texts.map((text) => client.mutation(api.note.add, { room: 'a', text })),
  )
  expect(seqs).toEqual([1, 2, 3, 4, 5])
  expect(await deployment.query(api.note.list, { room: 'a' })).toEqual(
    texts.map((text, at) => `${at + 1}${text}`),
  )
})

test('a mutation sent again after a lost connection is done once', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const client = connect()
  const release = deployment.hold()
  const added = client.mutation(api.note.add, { room: 'a', text: 'once' })
  await vi.advanceTimersByTimeAsync(10)
  deployment.disconnect()
  // The client is back and has asked again before the first is done.
  await vi.advanceTimersByTimeAsync(30_000)
  release()
  await vi.advanceTimersByTimeAsync(30_000)
  expect(await added).toBe(1)
  expect(await deployment.query(api.note.list, { room: 'a' })).toEqual(['1once'])
  vi.useRealTimers()
})

test('errors reach the client with their data', async () => {
  const error: unknown = await connect()
    .mutation(api.note.add, { room: 'a', text: 'bad' })
    .catch((error: unknown) => error)
  expect(errorCode(error)).toBe('FORBIDDEN')
})

test('a client is whom its token says, and only while the token holds', async () => {
  const client = connect()
  const seen = follow(client, api.note.who, {})
  await until(() => expect(latest(seen)).toBe('nobody'))
  const token = deployment.token({ subject: 'ann', role: 'admin' })
  client.setAuth(async () => token)
  await until(() => expect(latest(seen)).toBe('ann admin'))
  client.clearAuth()
  await until(() => expect(latest(seen)).toBe('nobody'))
})

test.each([
  ['expired', () => deployment.token({ subject: 'ann' }, { expiresInMs: -1000 })],
  ['of another deployment', () => deploy().token({ subject: 'ann' })],
  ['nobody signed', () => `${btoa('{"alg":"none"}')}.${btoa('{"sub":"ann","exp":9e9}')}.`],
  ['no token at all', () => 'ann'],
])('a token that is %s is refused', async (_, make) => {
  const token = make()
  const changes: boolean[] = []
  const client = connect()
  client.setAuth(
    async () => token,
    (isAuthenticated) => changes.push(isAuthenticated),
  )
  await until(() => expect(changes).toEqual([false]))
  const answer = await deployment.fetch('/api/query', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ path: 'note:who', args: [{}] }),
  })
  expect(answer.status).toBe(400)
})

interface Shown {
  readonly status: string
  readonly results: readonly { readonly seq: number }[]
  readonly loadMore: (count: number) => boolean
}

interface Paginating {
  watchPaginatedQuery(
    query: FunctionReference<'query'>,
    args: object,
    options: object,
  ): { localQueryResult(): Shown; onUpdate(told: () => void): unknown }
}

test('pages that are shown stay gapless while rows come and go', async () => {
  for (let n = 0; n < 6; n++) await deployment.mutation(api.note.add, { room: 'a', text: 'x' })
  const client = connect()
  const shown = (): Shown => watch.localQueryResult()
  // The client's own hooks use it; it is not in its published types.
  const { watchPaginatedQuery } = client as unknown as Paginating
  const watch = watchPaginatedQuery.call(
    client,
    api.note.page,
    { room: 'a' },
    { initialNumItems: 2, id: 1 },
  )
  watch.onUpdate(() => {})
  const seqs = (): number[] => shown().results.map(({ seq }) => seq)
  await until(() => expect(seqs()).toEqual([6, 5]))
  shown().loadMore(2)
  await until(() => expect(seqs()).toEqual([6, 5, 4, 3]))
  await deployment.mutation(api.note.add, { room: 'a', text: 'new' })
  await until(() => expect(seqs()).toEqual([7, 6, 5, 4, 3]))
  // The rows at which pages end.
  await deployment.mutation(api.note.drop, { room: 'a', seq: 5 })
  await deployment.mutation(api.note.drop, { room: 'a', seq: 3 })
  await until(() => expect(seqs()).toEqual([7, 6, 4]))
  expect(shown().status).toBe('CanLoadMore')
  shown().loadMore(2)
  await until(() => expect(seqs()).toEqual([7, 6, 4, 2, 1]))
})

test('scheduled functions run, and clients see what they write', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  await deployment.mutation(api.note.later, { ms: 60_000 })
  expect(await deployment.query(api.note.list, { room: 'later' })).toEqual([])
  await deployment.finishScheduled(() => vi.advanceTimersByTime(60_000))
  expect(await deployment.query(api.note.list, { room: 'later' })).toHaveLength(1)
  vi.useRealTimers()
})

test('files are uploaded once per address, and served', async () => {
  const url = await deployment.mutation(api.note.uploadUrl)
  const sent = { method: 'POST', body: new Blob(['hello'], { type: 'text/plain' }) }
  const { storageId } = (await (await deployment.fetch(url, sent)).json()) as { storageId: string }
  expect((await deployment.fetch(url, sent)).status).toBe(400)
  const address = await deployment.query(api.note.fileUrl, { id: storageId })
  const file = await deployment.fetch(address as string)
  expect(await file.text()).toBe('hello')
  expect(file.headers.get('content-type')).toBe('text/plain')
})

test('HTTP actions answer, and clients see what they write', async () => {
  const seen = follow(connect(), api.note.list, { room: 'a' })
  const answer = await deployment.fetch('/hello', { method: 'POST', body: 'web' })
  expect([answer.status, await answer.text()]).toEqual([201, 'done'])
  await until(() => expect(latest(seen)).toEqual(['1web']))
})

test('a browser connects to its port, over the socket and over HTTP', async () => {
  const { url, close } = await deployment.listen()
  const client = new ConvexReactClient(url, { unsavedChangesWarning: false, logger: false })
  clients.push(client)
  const seen = follow(client, api.note.list, { room: 'a' })
  const http = new ConvexHttpClient(url, { logger: false })
  http.setAuth(deployment.token({ subject: 'ann', role: 'user' }))
  expect(await http.query(api.note.who, {})).toBe('ann user')
  await http.mutation(api.note.add, { room: 'a', text: 'x' })
  await until(() => expect(latest(seen)).toEqual(['1x']))
  await expect(http.mutation(api.note.add, { room: 'a', text: 'bad' })).rejects.toMatchObject({
    data: { code: 'FORBIDDEN' },
  })
  await client.close()
  await close()
})
