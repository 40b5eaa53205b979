/** When what a call was expected to do stops being shown, and what takes its place. */
import { describe, expect, test } from 'vitest'
import { NoboilError } from '../errors/error.ts'
import type { Server } from '../react/api.fixture.ts'
import { createApi } from './api.ts'
import { settle } from './clock.fixture.ts'
import { pollSim, type PollSim } from './poll.fixture.ts'

const api = createApi<Server>()
const counted = { parent: 'p', field: 'optionIdx' } as const

/** Follows the totals of option 0, and keeps everything that was shown. */
function tally(sim: PollSim): (number | undefined)[] {
  const shown: (number | undefined)[] = []
  sim.client.subscribe(api.vote.counts, counted, ({ data }) => {
    const total = data && (data['0'] ?? 0)
    if (total !== shown.at(-1)) shown.push(total)
  })
  return shown
}

const cast = (sim: PollSim, idempotencyKey?: string): Promise<unknown> =>
  sim.client.mutation(
    api.vote.append,
    {
      parent: 'p',
      payload: { optionIdx: 0, voter: 'me' },
      ...(idempotencyKey ? { idempotencyKey } : {}),
    },
    {
      optimistic: (store) =>
        store.update(api.vote.counts, counted, (counts) => ({
          ...counts,
          '0': (counts['0'] ?? 0) + 1,
        })),
    },
  )

async function ready(): Promise<{ sim: PollSim; shown: (number | undefined)[] }> {
  const sim = pollSim()
  const shown = tally(sim)
  await settle()
  sim.network.auto = false
  return { sim, shown }
}

const pushAll = (sim: PollSim): void => {
  for (const wire of sim.network.wires) wire.push(wire.size)
}

describe('an expectation', () => {
  test('is shown at once, and the stream that brings the change shows nothing else', async () => {
    const { sim, shown } = await ready()
    void cast(sim)
    expect(shown.at(-1)).toBe(1)
    await settle()
    sim.network.flush()
    await settle()
    expect(shown).toEqual([0, 1])
  })

  test('outlives the answer of its call, until the stream has come so far', async () => {
    const { sim, shown } = await ready()
    const done = cast(sim)
    await settle()
    for (const exchange of [...sim.network.exchanges]) {
      exchange.handle()
      exchange.answer()
    }
    await done
    await settle()
    expect(shown.at(-1)).toBe(1)
    pushAll(sim)
    await settle()
    expect(shown).toEqual([0, 1])
  })

  test('goes with the stream when the answer of its call comes late', async () => {
    const { sim, shown } = await ready()
    const done = cast(sim)
    await settle()
    sim.network.exchanges[0]?.handle()
    pushAll(sim)
    await settle()
    sim.vote('p', 0)
    pushAll(sim)
    await settle()
    expect(shown).toEqual([0, 1, 2])
    sim.network.exchanges[0]?.answer()
    await done
    expect(shown).toEqual([0, 1, 2])
  })

  test('stands over what others do meanwhile', async () => {
    const { sim, shown } = await ready()
    void cast(sim)
    await settle()
    sim.vote('p', 0)
    pushAll(sim)
    await settle()
    sim.network.flush()
    await settle()
    expect(shown).toEqual([0, 1, 2])
  })

  test('of several calls is applied in the order of the calls, and each goes by itself', async () => {
    const { sim, shown } = await ready()
    void cast(sim)
    void cast(sim)
    void cast(sim)
    await settle()
    const [first, second, third] = sim.network.exchanges
    for (const exchange of [third, first, second]) {
      exchange?.handle()
      pushAll(sim)
      await settle()
    }
    expect(shown).toEqual([0, 1, 2, 3])
  })

  test('is taken back when the call is refused, and the error is the call’s', async () => {
    const { sim, shown } = await ready()
    sim.refuse(new NoboilError('FORBIDDEN', 'No.'))
    const refused = expect(cast(sim)).rejects.toMatchObject({ code: 'FORBIDDEN' })
    await settle()
    sim.network.flush()
    await refused
    expect(shown).toEqual([0, 1, 0])
  })

  test('is shown in answers that are asked for after the call', async () => {
    const sim = pollSim()
    const other = sim.client.subscribe(api.siteConfig.get, { key: 'banner' }, () => {})
    await settle()
    sim.network.auto = false
    void cast(sim)
    const shown = tally(sim)
    await settle()
    const steered = sim.network.exchanges.find(({ kind }) => kind === 'steer')
    steered?.handle()
    steered?.answer()
    pushAll(sim)
    await settle()
    expect(shown).toEqual([1])
    sim.network.flush()
    await settle()
    expect(shown).toEqual([1])
    other()
  })

  test('is kept for an answer that was made before the call, and arrives after it', async () => {
    const sim = pollSim()
    sim.client.subscribe(api.siteConfig.get, { key: 'banner' }, () => {})
    await settle()
    sim.network.auto = false
    const shown = tally(sim)
    await settle()
    sim.network.exchanges[0]?.handle()
    const done = cast(sim)
    await settle()
    for (const exchange of [...sim.network.exchanges]) {
      exchange.handle()
      exchange.answer()
    }
    await done
    // Only the answer from before the call arrives, not yet what the call changed.
    const [wire] = sim.network.wires
    wire?.push(wire.bytes[0]?.length ?? 0)
    await settle()
    expect(shown).toEqual([1])
    pushAll(sim)
    await settle()
    expect(shown).toEqual([1])
  })

  test('survives the loss of the stream, and of the news that it was settled', async () => {
    const { sim, shown } = await ready()
    const done = cast(sim)
    await settle()
    sim.network.exchanges[0]?.handle()
    sim.network.cutAll()
    sim.network.exchanges[0]?.answer()
    await done
    sim.network.auto = true
    sim.network.flush()
    await sim.clock.pass(5000)
    sim.vote('p', 0)
    await settle()
    expect(shown).toEqual([0, 1, 2])
  })

  test('goes without a stream too: what it changed is asked for', async () => {
    const { sim, shown } = await ready()
    sim.network.auto = true
    const { fetch } = sim.network
    sim.network.cutAll()
    Object.assign(sim.network, {
      fetch: async (url: string, init: RequestInit) => {
        if (url.endsWith('/stream')) throw new TypeError('no stream')
        return fetch(url, init)
      },
    })
    await settle()
    await cast(sim)
    await settle()
    expect(shown).toEqual([0, 1])
    const asked = sim.network.log.filter(({ path }) => path.endsWith('vote.counts'))
    expect(asked).toHaveLength(1)
  })

  test('an answer from beside the stream that is older than the stream is ignored', async () => {
    const { sim, shown } = await ready()
    sim.network.cutAll()
    const done = cast(sim)
    await settle()
    const call = sim.network.exchanges.find(({ kind }) => kind === 'call')
    call?.handle()
    call?.answer()
    await done
    await settle()
    // The client asks beside the stream; the answer is made now, and waits.
    const asked = sim.network.exchanges.find(({ path }) => path.endsWith('vote.counts'))
    asked?.handle()
    await sim.clock.pass(5000)
    for (const kind of ['stream', 'steer']) {
      for (const exchange of sim.network.exchanges.filter((other) => other.kind === kind)) {
        exchange.handle()
        exchange.answer()
      }
      await settle()
      pushAll(sim)
      await settle()
    }
    for (const exchange of sim.network.exchanges.filter(({ kind }) => kind === 'steer')) {
      exchange.handle()
      exchange.answer()
    }
    pushAll(sim)
    sim.vote('p', 0)
    pushAll(sim)
    await settle()
    expect(shown.at(-1)).toBe(2)
    asked?.answer()
    await settle()
    expect(shown).toEqual([0, 1, 2])
  })
})
