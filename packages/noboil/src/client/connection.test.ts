import { describe, expect, test } from 'vitest'
import { createClient } from './client.ts'
import { settle } from './clock.fixture.ts'
import type { LiveState } from './entry.ts'
import { api, firstPage, follow, seqs } from './follow.fixture.ts'
import { pollSim } from './poll.fixture.ts'

describe('the connection', () => {
  test('tells the truth about itself', async () => {
    const sim = pollSim()
    const seen = [sim.client.connection.get()]
    sim.client.connection.subscribe(() => seen.push(sim.client.connection.get()))
    follow(sim)
    await settle()
    sim.network.down = true
    sim.network.cutAll()
    await sim.clock.pass(60_000)
    sim.network.down = false
    await sim.clock.pass(20_000)
    expect(seen).toEqual(['connecting', 'live', 'connecting', 'offline', 'live'])
  })

  test('waits longer and longer, and not at all when somebody looks again', async () => {
    const sim = pollSim()
    sim.network.down = true
    follow(sim)
    await sim.clock.pass(3 * 60_000)
    const tries = sim.network.log.filter(({ kind }) => kind === 'stream').length
    expect(tries).toBeLessThan(25)
    sim.network.down = false
    sim.wake()
    await settle()
    expect(sim.client.connection.get()).toBe('live')
  })

  test('that was good for a while is tried again at once, whatever there was before', async () => {
    const sim = pollSim()
    sim.network.down = true
    follow(sim)
    await sim.clock.pass(3 * 60_000)
    sim.network.down = false
    sim.wake()
    await sim.clock.pass(15_000)
    sim.network.cutAll()
    await sim.clock.pass(600)
    expect(sim.client.connection.get()).toBe('live')
    // One that ends as soon as it begins is not.
    sim.network.cutAll()
    await sim.clock.pass(600)
    sim.network.cutAll()
    await sim.clock.pass(600)
    expect(sim.client.connection.get()).not.toBe('live')
  })

  test('that has fallen silent is noticed by the missing heartbeat', async () => {
    const sim = pollSim()
    const { states } = follow(sim)
    await settle()
    // The wire takes no more bytes, and nobody says so.
    for (const wire of sim.network.wires) wire.push = () => {}
    sim.vote('p', 0)
    await sim.clock.pass(60_000)
    expect(seqs(states.at(-1))).toEqual([1])
  })

  test('that died while the machine slept is noticed on waking', async () => {
    const sim = pollSim()
    const { states } = follow(sim)
    await settle()
    for (const wire of sim.network.wires) wire.push = () => {}
    sim.vote('p', 0)
    sim.clock.sleep(3_600_000)
    sim.wake()
    await sim.clock.pass(1000)
    expect(seqs(states.at(-1))).toEqual([1])
  })

  test('takes what is still on its way to it along when it is given up', async () => {
    const sim = pollSim()
    const { states } = follow(sim)
    await settle()
    sim.network.auto = false
    sim.client.subscribe(api.vote.list, { ...firstPage, parent: 'q' }, () => {})
    await settle()
    expect(sim.network.exchanges.map(({ kind }) => kind)).toEqual(['steer'])
    sim.client.reconnect()
    await settle()
    // Had the old one stayed, the server would answer that it does not know the connection.
    expect(sim.network.exchanges.map(({ kind }) => kind)).toEqual(['stream'])
    sim.network.auto = true
    sim.network.flush()
    await settle()
    sim.vote('p', 0)
    await settle()
    expect(seqs(states.at(-1))).toEqual([1])
  })

  test('that comes back within the replay window gets steps, not everything', async () => {
    const sim = pollSim()
    sim.vote('p', 0)
    const { states } = follow(sim)
    await settle()
    sim.network.cutAll()
    sim.vote('p', 1)
    await sim.clock.pass(10_000)
    expect(seqs(states.at(-1))).toEqual([2, 1])
    const last = sim.network.log.filter(({ kind }) => kind === 'steer').at(-1)
    expect(last?.body).toMatchObject({ subscribe: [{ since: { position: 'e1.1' } }] })
  })

  test('that comes back to another history takes everything anew', async () => {
    const sim = pollSim()
    sim.vote('p', 0)
    sim.vote('p', 0)
    const { states } = follow(sim)
    await settle()
    sim.server.restore('e2', () => sim.votes.splice(1))
    await sim.clock.pass(10_000)
    expect(seqs(states.at(-1))).toEqual([1])
    // And never showed nothing in between.
    expect(states.slice(1).every(({ data }) => data !== undefined)).toBe(true)
  })

  test('unknown to the server is opened again with everything', async () => {
    const sim = pollSim()
    const { states } = follow(sim)
    await settle()
    sim.server.connections.clear()
    sim.client.subscribe(api.siteConfig.get, { key: 'banner' }, () => {})
    await sim.clock.pass(10_000)
    sim.vote('p', 0)
    await settle()
    expect(seqs(states.at(-1))).toEqual([1])
  })

  test('of which a request was lost is opened again, and no subscription fails for it', async () => {
    const sim = pollSim()
    const { states } = follow(sim)
    await settle()
    sim.network.auto = false
    const later: LiveState<unknown>[] = []
    sim.client.subscribe(api.siteConfig.get, { key: 'banner' }, (state) => later.push(state))
    await settle()
    sim.network.exchanges[0]?.lose()
    sim.network.auto = true
    await sim.clock.pass(5000)
    expect(later.at(-1)?.data).toBeNull()
    expect([...states, ...later].every(({ error }) => error === null)).toBe(true)
  })

  test('that the server ends comes back after the time it was told', async () => {
    const sim = pollSim()
    follow(sim)
    await settle()
    const [connection] = sim.server.connections.values()
    if (connection) {
      sim.server.send(connection, [{ type: 'bye', reason: 'shutdown', retryMs: 1000 }])
    }
    await sim.clock.pass(900)
    expect(sim.client.connection.get()).toBe('connecting')
    await sim.clock.pass(1200)
    expect(sim.client.connection.get()).toBe('live')
  })

  test('a resync drops positions and asks anew on the same stream', async () => {
    const sim = pollSim()
    const { states } = follow(sim)
    await settle()
    const [connection] = sim.server.connections.values()
    sim.vote('p', 0)
    if (connection) sim.server.send(connection, [{ type: 'resync', position: 'e1.1' }])
    await settle()
    const last = sim.network.log.filter(({ kind }) => kind === 'steer').at(-1)
    expect(last?.body).toMatchObject({ unsubscribe: [1], subscribe: [{ id: 2 }] })
    expect(JSON.stringify(last?.body)).not.toContain('since')
    expect(seqs(states.at(-1))).toEqual([1])
  })

  test('a client that is too old is told so once, and does not try in a loop', async () => {
    const sim = pollSim()
    const states: LiveState<unknown>[] = []
    const error = { code: 'UPGRADE_REQUIRED', message: 'Reload.' }
    let tries = 0
    const client = createClient({
      clock: sim.clock,
      fetch: async () => {
        tries++
        return new Response(JSON.stringify({ error }), { status: 426 })
      },
    })
    client.subscribe(api.vote.list, firstPage, (state) => states.push(state))
    await sim.clock.pass(3_600_000)
    expect(states.at(-1)?.error?.code).toBe('UPGRADE_REQUIRED')
    expect(client.connection.get()).toBe('offline')
    expect(tries).toBeLessThan(5)
  })

  test('a hidden stream still gets answers, when calls get through', async () => {
    const sim = pollSim()
    sim.vote('p', 0)
    const { fetch } = sim.network
    const client = createClient({
      clock: sim.clock,
      fetch: async (url, init) => {
        if (url.endsWith('/api/stream')) throw new TypeError('buffered')
        return fetch(url, init)
      },
    })
    const states: LiveState<unknown>[] = []
    client.subscribe(api.vote.list, firstPage, (state) => states.push(state))
    await settle()
    expect(states.at(-1)?.data).toMatchObject({ page: [{ seq: 1 }] })
    expect(client.connection.get()).toBe('offline')
    // Also what is asked for later.
    const later: LiveState<unknown>[] = []
    client.subscribe(api.siteConfig.get, { key: 'banner' }, (state) => later.push(state))
    await settle()
    expect(later.at(-1)?.data).toBeNull()
  })

  test("knows the server's clock", async () => {
    const sim = pollSim()
    follow(sim)
    await settle()
    expect(sim.client.serverNow()).toBe(sim.clock.now() + 5000)
  })

  test('after signing out nothing of before is shown', async () => {
    const sim = pollSim()
    sim.vote('p', 0)
    const { states } = follow(sim)
    await settle()
    sim.network.down = true
    sim.client.reconnect({ forget: true })
    await sim.clock.pass(1000)
    expect(states.at(-1)?.data).toBeUndefined()
    sim.network.down = false
    await sim.clock.pass(30_000)
    expect(seqs(states.at(-1))).toEqual([1])
  })
})
