import { describe, expect, test } from 'vitest'
import { NoboilError } from '../errors/error.ts'
import { createClient } from './client.ts'
import { settle } from './clock.fixture.ts'
import type { LiveState } from './entry.ts'
import { api, firstPage, follow, seqs } from './follow.fixture.ts'
import { pollSim } from './poll.fixture.ts'

describe('calls', () => {
  test('answer the value, and failures come back as the errors they were', async () => {
    const { client, refuse } = pollSim()
    const payload = { optionIdx: 1, voter: 'me' }
    expect(await client.mutation(api.vote.append, { parent: 'p', payload })).toEqual({
      seq: 1,
      created: true,
    })
    refuse(new NoboilError('RATE_LIMITED', 'Slow down.', { retryAfter: 9, max: 1, windowMs: 10 }))
    const failed = client.mutation(api.vote.append, { parent: 'p', payload })
    await expect(failed).rejects.toMatchObject({ code: 'RATE_LIMITED', data: { retryAfter: 9 } })
  })

  test('a query is asked again while the server cannot be reached', async () => {
    const { client, network, clock } = pollSim()
    network.down = true
    const asked = client.query(api.siteConfig.get, { key: 'banner' })
    await clock.pass(100)
    network.down = false
    await clock.pass(10_000)
    expect(await asked).toBeNull()
  })

  test('a query gives up in the end, and says that the server was unavailable', async () => {
    const { client, network, clock } = pollSim()
    network.down = true
    const asked = client.query(api.siteConfig.get, { key: 'banner' })
    const failed = expect(asked).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await clock.pass(60_000)
    await failed
    expect(network.log).toHaveLength(4)
  })

  test('a mutation whose answer is lost is not repeated: nobody knows whether it was done', async () => {
    const { client, network, clock, votes } = pollSim()
    network.auto = false
    const payload = { optionIdx: 1, voter: 'me' }
    const appended = client.mutation(api.vote.append, { parent: 'p', payload })
    const failed = expect(appended).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await settle()
    network.exchanges[0]?.handle()
    network.exchanges[0]?.lose()
    await clock.pass(60_000)
    await failed
    expect(votes).toHaveLength(1)
    expect(network.log).toHaveLength(1)
  })

  test('with an idempotency key it is repeated, and done once', async () => {
    const { client, network, clock, votes } = pollSim()
    network.auto = false
    const payload = { optionIdx: 1, voter: 'me' }
    const appended = client.mutation(api.vote.append, { parent: 'p', payload, idempotencyKey: 'k' })
    await settle()
    network.exchanges[0]?.handle()
    network.exchanges[0]?.lose()
    network.auto = true
    await clock.pass(10_000)
    expect(await appended).toEqual({ seq: 1, created: false })
    expect(votes).toHaveLength(1)
  })

  test('after a sign-out it is not repeated in the name of whoever comes next', async () => {
    const { client, network, clock, votes } = pollSim()
    network.down = true
    const payload = { optionIdx: 1, voter: 'me' }
    const appended = client.mutation(api.vote.append, { parent: 'p', payload, idempotencyKey: 'k' })
    const failed = expect(appended).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await settle()
    client.reconnect({ forget: true })
    network.down = false
    await clock.pass(60_000)
    await failed
    expect(votes).toHaveLength(0)
  })

  test('nor is a call sent that was waiting for its headers when somebody signed out', async () => {
    const sent: string[] = []
    const token = Promise.withResolvers<string>()
    const client = createClient({
      headers: async () => ({ authorization: await token.promise }),
      fetch: async (url: string) => {
        sent.push(url)
        return new Response('{"value":5,"position":"e.1"}')
      },
    })
    const payload = { optionIdx: 1, voter: 'me' }
    const appended = client.mutation(api.vote.append, { parent: 'p', payload })
    client.reconnect({ forget: true })
    token.resolve('of somebody else')
    await expect(appended).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(sent).toEqual([])
  })

  test('a page of somebody in between is no answer: the call is unanswered, not refused', async () => {
    const { clock } = pollSim()
    let asked = 0
    const client = createClient({
      clock,
      fetch: async () => {
        asked++
        return asked === 1
          ? new Response('<h1>Bad gateway</h1>', { status: 502 })
          : new Response('{"value":5,"position":"e.1"}')
      },
    })
    const answer = client.query(api.stats.today)
    await clock.pass(5000)
    expect(await answer).toBe(5)
    expect(asked).toBe(2)
  })

  test('a server that is not noboil is unavailable by its address, with what to do about it', async () => {
    const { clock } = pollSim()
    const client = createClient({
      clock,
      fetch: async () => new Response('Cannot POST', { status: 404 }),
    })
    const call = client.mutation(api.vote.append, {
      parent: 'p',
      payload: { optionIdx: 0, voter: 'me' },
    })
    await expect(call).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(
        /answered 404, and not as noboil does.*pass on \/api.*baseUrl/,
      ),
    })
  })

  test('go to the base address, with or without a slash at its end, and one without a scheme is refused', async () => {
    const asked: string[] = []
    const fetch = async (url: string) => {
      asked.push(url)
      return new Response('{"value":5,"position":"e.1"}')
    }
    for (const baseUrl of ['https://app.example', 'https://app.example/', '/inner/']) {
      await createClient({ baseUrl, fetch }).query(api.stats.today)
    }
    expect(asked).toEqual(
      ['https://app.example', 'https://app.example', '/inner'].map(
        (base) => `${base}/api/call/stats.today`,
      ),
    )
    expect(() => createClient({ baseUrl: 'localhost:3000' })).toThrow("as in 'https://app.example'")
  })

  test('that the app itself gets wrong fail as the app’s, and are not repeated', async () => {
    let asked = 0
    const client = createClient({
      headers: () => Promise.reject(new RangeError('no token')),
      fetch: async () => new Response(String(asked++)),
    })
    await expect(client.query(api.stats.today)).rejects.toThrow(RangeError)
    const { client: other } = pollSim()
    const days = 1n as unknown as number
    await expect(other.query(api.stats.popular, { days })).rejects.toThrow(TypeError)
    expect(asked).toBe(0)
  })

  test('carry the headers of the moment, the version and the name of the client', async () => {
    const seen: Record<string, string>[] = []
    let token = 'a'
    const client = createClient({
      headers: () => ({ authorization: token }),
      fetch: async (_url, init) => {
        seen.push(init.headers as Record<string, string>)
        return new Response('{"value":5,"position":"e.1"}')
      },
    })
    await client.query(api.stats.today)
    token = 'b'
    await client.query(api.stats.today)
    expect(seen.map(({ authorization }) => authorization)).toEqual(['a', 'b'])
    expect(seen[0]).toMatchObject({ 'noboil-version': '1' })
    expect(seen[0]?.['noboil-client']).toBe(seen[1]?.['noboil-client'])
  })
})

describe('a subscription', () => {
  test('shows the answer, then follows it', async () => {
    const sim = pollSim()
    sim.vote('p', 0)
    const { states } = follow(sim)
    expect(states[0]).toEqual({ data: undefined, error: null })
    await settle()
    expect(seqs(states.at(-1))).toEqual([1])
    sim.vote('p', 1)
    await settle()
    expect(seqs(states.at(-1))).toEqual([2, 1])
  })

  test('of the same question is asked once, whoever asks', async () => {
    const sim = pollSim()
    follow(sim)
    follow(sim)
    sim.client.subscribe(
      api.vote.list,
      { paginationOpts: { cursor: null, numItems: 10 }, parent: 'p' },
      () => {},
    )
    await settle()
    const steered = sim.network.log.filter(({ kind }) => kind === 'steer')
    expect(steered).toHaveLength(1)
    expect((steered[0]?.body as { subscribe: unknown[] }).subscribe).toHaveLength(1)
  })

  test('subscriptions of one tick go in one request', async () => {
    const sim = pollSim()
    follow(sim)
    await settle()
    for (const key of ['banner', 'maintenance'] as const)
      sim.client.subscribe(api.siteConfig.get, { key }, () => {})
    await settle()
    expect(sim.network.log.filter(({ kind }) => kind === 'steer')).toHaveLength(2)
  })

  test('that the server refuses says why, and shows nothing', async () => {
    const sim = pollSim()
    const states: LiveState<unknown>[] = []
    sim.client.subscribe(api.stats.popular, { days: 1 }, (state) => states.push(state))
    await settle()
    expect(states.at(-1)).toMatchObject({ data: undefined, error: { code: 'NOT_FOUND' } })
  })

  test('that could not be answered for now is asked for again', async () => {
    const sim = pollSim()
    let isBusy = true
    sim.server.queries.set('stats.today', () => {
      if (isBusy) throw new NoboilError('UNAVAILABLE', 'Later.')
      return 7
    })
    const states: LiveState<number>[] = []
    sim.client.subscribe(api.stats.today, {}, (state) => states.push(state))
    await settle()
    expect(states.at(-1)?.error?.code).toBe('UNAVAILABLE')
    isBusy = false
    await sim.clock.pass(5000)
    expect(states.at(-1)).toEqual({ data: 7, error: null })
  })

  test('the stream opens with the first and closes a while after the last', async () => {
    const sim = pollSim()
    await settle()
    expect(sim.network.log).toHaveLength(0)
    const { stop } = follow(sim)
    await settle()
    expect(sim.server.connections.size).toBe(1)
    stop()
    await sim.clock.pass(4000)
    expect(sim.server.connections.size).toBe(1)
    await sim.clock.pass(2000)
    expect(sim.server.connections.size).toBe(0)
    expect(sim.clock.waiting).toBe(0)
  })

  test('a listener that throws does not keep others from the news', async () => {
    const sim = pollSim()
    const thrown: unknown[] = []
    const before = globalThis.reportError
    globalThis.reportError = (error) => thrown.push(error)
    sim.client.subscribe(api.vote.list, firstPage, ({ data }) => {
      if (data) throw new Error('mine')
    })
    const { states } = follow(sim)
    await settle()
    globalThis.reportError = before
    expect(states.at(-1)?.data).toBeDefined()
    expect(thrown).toHaveLength(1)
  })
})

describe('messages', () => {
  test('that are not newer than what is held are ignored', async () => {
    const sim = pollSim()
    const { states } = follow(sim)
    await settle()
    sim.vote('p', 0)
    await settle()
    const [connection] = sim.server.connections.values()
    const shown = states.length
    const row = { _id: 'again', seq: 99 }
    const base = { group: 'ge1-0', revision: 1 }
    if (connection) {
      sim.server.send(connection, [
        { type: 'steps', ...base, from: 0, steps: [['+', 0, row]] },
        { type: 'snapshot', ...base, value: { page: [row], continueCursor: '', isDone: true } },
      ])
    }
    await settle()
    expect(states).toHaveLength(shown)
  })

  test('after a gap the whole answer is asked for', async () => {
    const sim = pollSim()
    const { states } = follow(sim)
    await settle()
    const [connection] = sim.server.connections.values()
    sim.votes.push({ _id: 'p-1', parent: 'p', seq: 1 })
    if (connection) {
      sim.server.send(connection, [
        { type: 'steps', group: 'ge1-0', from: 7, revision: 9, steps: [['-', 0]] },
      ])
    }
    await settle()
    sim.server.commit(() => {})
    await settle()
    expect(seqs(states.at(-1))).toEqual([1])
  })

  test('without an end are shown late, to a reader for whom the server leaves things out', async () => {
    const sim = pollSim()
    const { states } = follow(sim)
    await settle()
    sim.server.endTicks = false
    sim.vote('p', 0)
    await sim.clock.pass(1900)
    expect(seqs(states.at(-1))).toEqual([])
    await sim.clock.pass(200)
    expect(seqs(states.at(-1))).toEqual([1])
  })

  test('of half a tick change nothing', async () => {
    const sim = pollSim()
    const { states } = follow(sim)
    sim.client.subscribe(api.vote.counts, { parent: 'p', field: 'optionIdx' }, () => {})
    await settle()
    sim.network.auto = false
    sim.vote('p', 0)
    const [wire] = sim.network.wires
    const shown = states.length
    wire?.push((wire?.size ?? 0) - 5)
    await settle()
    expect(states).toHaveLength(shown)
    wire?.push(5)
    await settle()
    expect(seqs(states.at(-1))).toEqual([1])
  })
})
