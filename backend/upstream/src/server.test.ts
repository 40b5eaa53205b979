import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeCatalogue, readFilms } from './catalogue.ts'
import { createCatalogueServer, votesEveryMs } from './server.ts'

const catalogue = makeCatalogue(readFilms())
const [film] = catalogue.search('Stalker')
const path = `/movie/${film?.id}`

let server: Server
let nowMs: number
let delays: number[]

beforeEach(async () => {
  nowMs = 1_800_000_000_000
  delays = []
  server = createCatalogueServer({
    catalogue,
    delayMs: 900,
    ports: { now: () => nowMs, delay: async (ms) => void delays.push(ms) },
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
})

const ask = (at: string, init?: RequestInit): Promise<Response> =>
  fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${at}`, init)

const turn = (body: unknown): Promise<Response> =>
  ask('/switch', { method: 'POST', body: JSON.stringify(body) })

test('a film is answered with its facts, after the delay', async () => {
  expect(await (await ask(path)).json()).toMatchObject({
    title: 'Stalker',
    directors: ['Andrei Tarkovsky'],
    voteCount: expect.any(Number),
  })
  expect(delays).toEqual([900])
})

test('a film that has not changed is a 304 without a body, until its votes move', async () => {
  const etag = (await ask(path)).headers.get('etag') as string
  const headers = { 'if-none-match': etag }
  const same = await ask(path, { headers })
  expect(same.status).toBe(304)
  expect(await same.text()).toBe('')
  nowMs += votesEveryMs
  const moved = await ask(path, { headers })
  expect(moved.status).toBe(200)
  expect(moved.headers.get('etag')).not.toBe(etag)
})

test('a search answers the closest and how many there are', async () => {
  const found = (await (await ask('/search?q=the')).json()) as { results: object[]; total: number }
  expect(found.results).toHaveLength(24)
  expect(found.total).toBeGreaterThan(24)
})

test.each([
  ['/search', 400],
  [`/search?q=${'a'.repeat(101)}`, 400],
  ['/movie/1', 404],
  ['/movie/x', 404],
  ['/elsewhere', 404],
])('%s is refused with %i and a sentence', async (at, status) => {
  const refused = await ask(at)
  expect(refused.status).toBe(status)
  expect(await refused.json()).toEqual({ error: expect.stringMatching(/\.$|…$/) })
})

test('the switch makes it fail, answer rubbish, or work again', async () => {
  await turn({ mode: 'error' })
  expect((await ask(path)).status).toBe(503)
  await turn({ mode: 'garbage' })
  await expect((await ask(path)).json()).rejects.toThrow(SyntaxError)
  const back = await turn({ mode: 'ok' })
  expect(await back.json()).toEqual({ mode: 'ok', delayMs: 900, requests: 2 })
  expect((await ask(path)).status).toBe(200)
})

test('when it hangs, a caller waits until it gives up, and the next is served', async () => {
  await turn({ mode: 'hang' })
  const impatient = new AbortController()
  const asked = ask(path, { signal: impatient.signal })
  await expect.poll(() => delays).toEqual([900])
  impatient.abort()
  await expect(asked).rejects.toThrow('aborted')
  await turn({ mode: 'ok' })
  expect((await ask(path)).status).toBe(200)
})

test.each([{}, { mode: 'off' }, { mode: 'ok', more: 1 }, 'ok'])(
  'the switch refuses %j and stays as it is',
  async (body) => {
    expect((await turn(body)).status).toBe(400)
    expect((await ask(path)).status).toBe(200)
  },
)
