/** The client against the real server, over real sockets: SQLite below, and a network that breaks above. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { boolean, number, object, string } from 'zod/v4'
import { schema } from '../exports/schema.ts'
import type { FunctionReference } from '../schema/reference.ts'
import { fakeAuth, type FakeAuth } from '../server/auth/testing.ts'
import { noboil } from '../server/noboil.ts'
import { appendEdits } from '../react/edits.ts'
import { createApi } from './api.ts'
import { type Client, coreOf, createClient } from './client.ts'
import type { LiveState } from './entry.ts'
import { Pager } from './pages.ts'
import { type Fetch, systemRandom } from './ports.ts'

const s = schema({
  owned: { poll: object({ question: string(), isPublic: boolean() }) },
  log: { vote: { parent: 'poll', schema: object({ optionIdx: number(), voter: string() }) } },
  kv: {
    site: {
      keys: ['banner'] as const,
      schema: object({ message: string() }),
      writeRole: (ctx) => ctx.user?.role === 'admin',
    },
  },
  singleton: { profile: object({ displayName: string() }) },
  quota: { ballots: { limit: 2, durationMs: 60_000 } },
})

const define = (database: string, auth: FakeAuth) =>
  noboil({
    database,
    auth,
    log: { level: 'silent' },
    tables: ({ table }) => ({
      poll: table(s.poll, { pub: 'isPublic' }),
      vote: table(s.vote, { pub: 'isPublic', counts: ['optionIdx'], softDelete: true }),
      site: table(s.site),
      profile: table(s.profile),
      ballots: table(s.ballots),
    }),
  })

type Defined = ReturnType<typeof define>
const api = createApi<Defined['api']>()

let folder: string
let auth: FakeAuth
let app: Defined
let port: number
const clients: Client[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'noboil-client-'))
  auth = fakeAuth()
  auth.signIn('ann', { _id: 'users.ann', name: 'Ann', role: 'admin' })
  auth.signIn('bob', { _id: 'users.bob', name: 'Bob' })
  app = define(join(folder, 'app.db'), auth)
  port = (await app.listen({ port: 0, hostname: '127.0.0.1' })).port
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await app.close()
  await rm(folder, { recursive: true })
})

function clientOf(name: string, fetch?: Fetch): Client {
  const client = createClient({
    baseUrl: `http://127.0.0.1:${port}`,
    headers: { authorization: `Bearer ${name}` },
    // Comes back at once after a loss.
    random: { ...systemRandom, unit: () => 0.001 },
    ...(fetch ? { fetch } : {}),
  })
  clients.push(client)
  return client
}

interface Followed<result> {
  readonly states: LiveState<result>[]
  until(holds: (state: LiveState<result>) => boolean): Promise<LiveState<result>>
}

function follow<args, result>(
  client: Client,
  reference: FunctionReference<'query', args, result>,
  args: NoInfer<args>,
): Followed<result> {
  const states: LiveState<result>[] = []
  const waiting = new Set<() => void>()
  client.subscribe(reference, args, (state) => {
    states.push(state)
    for (const look of waiting) look()
  })
  return {
    states,
    until: (holds) =>
      new Promise((resolve) => {
        const look = (): void => {
          const last = states.at(-1)
          if (last === undefined || !holds(last)) return
          waiting.delete(look)
          resolve(last)
        }
        waiting.add(look)
        look()
      }),
  }
}

const page = (numItems: number): { numItems: number; cursor: null } => ({ numItems, cursor: null })

async function poll(client: Client): Promise<string> {
  const payload = { question: 'Tea?', isPublic: true }
  return (await client.mutation(api.poll.create, { payload }))._id
}

const append = (client: Client, parent: string, key: string): Promise<unknown> => {
  const payload = { optionIdx: 0, voter: 'me' }
  const row = { payload, key, now: 0, author: undefined }
  return coreOf(client).callPath(
    'vote.append',
    { parent, payload, idempotencyKey: key },
    { edits: appendEdits('vote', parent, row) },
  )
}

describe('two clients of one server', () => {
  test('see what the other does, and each its own at once, without a jump', async () => {
    const ann = clientOf('ann')
    const bob = clientOf('bob')
    const parent = await poll(ann)
    const args = { parent, field: 'optionIdx' } as const
    const totals = [follow(ann, api.vote.counts, args), follow(bob, api.vote.counts, args)]
    const rows = follow(bob, api.vote.list, { parent, paginationOpts: page(100) })
    await Promise.all(totals.map((total) => total.until(({ data }) => data !== undefined)))
    await Promise.all(
      Array.from({ length: 40 }, (_, at) => append(at % 2 === 0 ? ann : bob, parent, `k${at}`)),
    )
    await Promise.all(totals.map((total) => total.until(({ data }) => data?.['0'] === 40)))
    const { data } = await rows.until(({ data }) => data?.page[0]?.seq === 40)
    expect(data?.page.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, at) => 40 - at))
    for (const { states } of totals) {
      const seen = states.map(({ data }) => data?.['0'] ?? 0)
      expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    }
  })

  test('what is refused is taken back, and the error keeps its code', async () => {
    const ann = clientOf('ann')
    const bob = clientOf('bob')
    const banner = follow(bob, api.site.get, { key: 'banner' })
    await banner.until(({ data }) => data === null)
    await ann.mutation(api.site.set, { key: 'banner', payload: { message: 'hi' } })
    await banner.until(({ data }) => data?.message === 'hi')
    const refused = bob.mutation(
      api.site.set,
      { key: 'banner', payload: { message: 'mine' } },
      {
        optimistic: (store) =>
          store.update(
            api.site.get,
            { key: 'banner' },
            (row) => row && { ...row, message: 'mine' },
          ),
      },
    )
    expect(banner.states.at(-1)?.data?.message).toBe('mine')
    await expect(refused).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(banner.states.at(-1)?.data?.message).toBe('hi')
  })

  test('a singleton is everybody’s own, and a quota counts each', async () => {
    const ann = clientOf('ann')
    const bob = clientOf('bob')
    const profile = follow(bob, api.profile.get, {})
    await ann.mutation(api.profile.upsert, { payload: { displayName: 'Ann' } })
    await profile.until(({ data }) => data === null)
    const quota = follow(bob, api.ballots.check, {})
    await quota.until(({ data }) => data?.remaining === 2)
    await bob.mutation(api.ballots.consume)
    await bob.mutation(api.ballots.consume)
    const { data } = await quota.until(({ data }) => data?.remaining === 0)
    expect(data).toMatchObject({ allowed: false })
    expect((await bob.mutation(api.ballots.consume)).allowed).toBe(false)
    expect((await ann.query(api.ballots.check))?.remaining).toBe(2)
  })

  test('a list loads more and stays live in all its pages', async () => {
    const ann = clientOf('ann')
    const parent = await poll(ann)
    for (let at = 0; at < 12; at++) await append(ann, parent, `k${at}`)
    const pager = new Pager(
      (paginationOpts) => ann.watch(api.vote.list, { parent, paginationOpts }),
      5,
    )
    const changed = (holds: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const stop = pager.subscribe(() => {
          if (!holds()) return
          stop()
          resolve()
        })
      })
    const stop = pager.subscribe(() => {})
    const seqs = (): number[] => pager.get().data?.rows.map(({ seq }) => seq) ?? []
    await changed(() => seqs().length === 5)
    const more = changed(() => seqs().length === 10)
    pager.loadMore()
    await more
    const grown = changed(() => seqs()[0] === 13)
    await append(clientOf('bob'), parent, 'b')
    await grown
    expect(seqs()).toEqual([13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3])
    const end = changed(() => pager.get().data?.hasMore === false)
    pager.loadMore(50)
    await end
    expect(seqs()).toHaveLength(13)
    stop()
  })

  test('come back after a restart of the server, with everything that was missed', async () => {
    const ann = clientOf('ann')
    const parent = await poll(ann)
    const rows = follow(ann, api.vote.list, { parent, paginationOpts: page(100) })
    await append(ann, parent, 'before')
    await rows.until(({ data }) => data?.page.length === 1)
    await app.close()
    app = define(join(folder, 'app.db'), auth)
    await app.api.vote.append({ parent, payload: { optionIdx: 1, voter: 'server' } })
    await app.listen({ port, hostname: '127.0.0.1' })
    await rows.until(({ data }) => data?.page.length === 2)
    // What was shown was never lost on the way.
    const seen = rows.states.map(({ data }) => data?.page.length ?? 0)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  }, 30_000)
})

test('a stream that is cut everywhere ends in what the server holds, and shows nothing twice', async () => {
  let cutAfter = 40
  const cutting: Fetch = async (url, init) => {
    const response = await fetch(url, init)
    if (!url.endsWith('/api/stream') || response.body === null || cutAfter === Infinity)
      return response
    // Each connection lives a little longer than the one before.
    cutAfter += 37
    return new Response(response.body.pipeThrough(cutter(cutAfter)), response)
  }
  const ann = clientOf('ann', cutting)
  const parent = await poll(ann)
  const rows = follow(ann, api.vote.list, { parent, paginationOpts: page(200) })
  const total = follow(ann, api.vote.counts, { parent, field: 'optionIdx' })
  for (let at = 0; at < 60; at++) await append(ann, parent, `k${at}`)
  cutAfter = Infinity
  ann.reconnect()
  await append(ann, parent, 'last')
  const { data } = await rows.until(({ data }) => data?.page.some((row) => row.seq === 61) === true)
  await total.until(({ data }) => data?.['0'] === 61)
  const expected = await ann.query(api.vote.list, { parent, paginationOpts: page(200) })
  await rows.until(({ data }) => data?.page.every((row) => !('isPending' in row)) === true)
  expect(rows.states.at(-1)?.data?.page).toEqual(expected.page)
  expect(data?.page).toHaveLength(61)
  for (const { data } of rows.states) {
    const keys = data?.page.map(({ idempotencyKey }) => idempotencyKey) ?? []
    expect(new Set(keys).size).toBe(keys.length)
  }
})

function cutter(bytes: number): TransformStream<Uint8Array, Uint8Array> {
  let left = bytes
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk.subarray(0, left))
      left -= chunk.length
      if (left <= 0) controller.error(new TypeError('cut'))
    },
  })
}
