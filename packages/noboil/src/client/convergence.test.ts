/**
 * Whatever the network does, a client that is left alone in the end shows what the server holds, and on the way there nothing
 * it has shown is taken back without a cause.
 */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Server } from '../react/api.fixture.ts'
import { appendEdits } from '../react/edits.ts'
import { createApi } from './api.ts'
import { settle } from './clock.fixture.ts'
import { coreOf } from './client.ts'
import type { LiveState } from './entry.ts'
import { pollSim, type PollSim } from './poll.fixture.ts'

const api = createApi<Server>()
const page = { parent: 'p', paginationOpts: { numItems: 1000, cursor: null } }
const counted = { parent: 'p', field: 'optionIdx' } as const

interface Rows {
  readonly page: readonly { readonly idempotencyKey?: string; readonly seq: number }[]
}

const action = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: 'append' as const }) },
  { weight: 3, arbitrary: fc.constant({ type: 'other' as const }) },
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant('handle' as const), which: fc.nat(9) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant('answer' as const), which: fc.nat(9) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('lose' as const), which: fc.nat(9) }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('bytes' as const), count: fc.nat(900) }) },
  { weight: 3, arbitrary: fc.constant({ type: 'flush' as const }) },
  { weight: 2, arbitrary: fc.constant({ type: 'cut' as const }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.nat(3000) }) },
  { weight: 2, arbitrary: fc.constant({ type: 'repeat' as const }) },
  { weight: 2, arbitrary: fc.constant({ type: 'swallow' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'wake' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'reconnect' as const }) },
)
type Action = typeof action extends fc.Arbitrary<infer one> ? one : never

class Watched {
  readonly sim: PollSim = pollSim()
  readonly failed = new Set<string>()
  readonly faults: string[] = []
  rows: LiveState<Rows> = { data: undefined, error: null }
  counts: LiveState<Record<string, number>> = { data: undefined, error: null }
  #seen = new Set<string>()
  #appended = 0
  #lastTick = ''

  constructor() {
    this.sim.client.subscribe(api.vote.list, page, (state) => this.#look(state as never))
    this.sim.client.subscribe(api.vote.counts, counted, (state) => (this.counts = state))
  }

  /** Live, and from here on nothing moves by itself. */
  async start(): Promise<void> {
    await settle()
    this.sim.network.auto = false
  }

  async do(action: Action): Promise<void> {
    const { network, clock, server, wake, client } = this.sim
    switch (action.type) {
      case 'append':
        this.#append()
        break
      case 'other':
        this.sim.vote('p', 0)
        break
      case 'handle':
        network.exchanges.filter(({ state }) => state === 'sent')[action.which]?.handle()
        break
      case 'answer':
        network.exchanges.filter(({ state }) => state === 'handled')[action.which]?.answer()
        break
      case 'lose':
        network.exchanges[action.which]?.lose()
        break
      case 'bytes':
        for (const wire of network.wires) wire.push(action.count)
        break
      case 'flush':
        network.flush()
        break
      case 'cut':
        network.cutAll()
        break
      case 'pass':
        await clock.pass(action.ms)
        break
      case 'repeat':
        for (const { sink } of server.connections.values()) sink.send(this.#lastTick)
        break
      case 'swallow':
        this.#swallow()
        break
      case 'wake':
        wake()
        break
      case 'reconnect':
        client.reconnect()
        break
    }
    await settle()
  }

  async heal(): Promise<void> {
    const { network, clock } = this.sim
    network.auto = true
    for (let turn = 0; turn < 30; turn++) {
      network.flush()
      await clock.pass(1000)
    }
    // Whatever was swallowed, the next commit shows that something is missing.
    this.sim.vote('p', 1)
    await settle()
    await clock.pass(10_000)
  }

  #append(): void {
    const idempotencyKey = `k${++this.#appended}`
    const payload = { optionIdx: 0, voter: 'me' }
    const row = { payload, key: idempotencyKey, now: 0, author: undefined }
    coreOf(this.sim.client)
      .callPath(
        'vote.append',
        { parent: 'p', payload, idempotencyKey },
        { edits: appendEdits('vote', 'p', row) },
      )
      .catch(() => this.failed.add(idempotencyKey))
  }

  /** A commit of which this client is told nothing, though its stream goes on. */
  #swallow(): void {
    const { server } = this.sim
    const sinks = [...server.connections.values()]
    const sends = sinks.map(({ sink }) => sink.send)
    for (const { sink } of sinks) {
      sink.send = (text) => {
        this.#lastTick = text
      }
    }
    this.sim.vote('p', 0)
    sinks.forEach(({ sink }, at) => {
      sink.send = sends[at] as (text: string) => void
    })
  }

  #look(state: LiveState<Rows>): void {
    this.rows = state
    const { data } = state
    if (data === undefined) return
    const keys = data.page.map(({ idempotencyKey, seq }) => idempotencyKey ?? `seq${seq}`)
    if (new Set(keys).size !== keys.length) this.faults.push(`twice: ${keys.join()}`)
    const now = new Set(keys)
    for (const key of this.#seen) {
      if (!this.failed.has(key) && !now.has(key)) this.faults.push(`${key} is gone: ${keys.join()}`)
    }
    for (const key of now) this.#seen.add(key)
  }
}

test('a client shows what its server holds once the network is quiet, and takes nothing back before', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60, size: 'max' }), async (actions) => {
      const watched = new Watched()
      await watched.start()
      for (const one of actions) await watched.do(one)
      await watched.heal()
      const { server, client } = watched.sim
      expect(watched.faults).toEqual([])
      expect(watched.rows).toEqual({ data: server.answer('vote.list', page), error: null })
      expect(watched.counts).toEqual({ data: server.answer('vote.counts', counted), error: null })
      expect(client.connection.get()).toBe('live')
    }),
    { numRuns: 300, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true },
  )
}, 90_000)
