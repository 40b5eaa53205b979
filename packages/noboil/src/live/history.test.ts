/**
 * Whatever is written and whoever comes and goes: after every round, what clients hold is what a fresh query answers.
 */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Program } from '../program/program.ts'
import {
  dropItem,
  item,
  type ListArgs,
  LiveRig,
  paths,
  putItem,
  type TestClient,
} from './live.fixture.ts'

type Write = () => Program<unknown>

const writes = fc.array(
  fc.oneof(
    fc
      .record({
        n: fc.nat(14),
        box: fc.constantFrom('box.a', 'box.b'),
        rank: fc.nat(6),
        name: fc.constantFrom('apple', 'axe', 'pear', 'odd'),
        hidden: fc.option(fc.boolean(), { nil: undefined }),
      })
      .map(
        ({ n, box, rank, name, hidden }): Write =>
          () =>
            putItem({ ...item(n, box), rank, name, ...(hidden === undefined ? {} : { hidden }) }),
      ),
    fc.nat(14).map(
      (n): Write =>
        () =>
          dropItem(item(n)._id),
    ),
  ),
  { minLength: 1, maxLength: 6 },
)

const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ type: fc.constant('write' as const), writes, together: fc.boolean() }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('own' as const),
        box: fc.constantFrom('box.a', 'box.b'),
        owner: fc.constantFrom('all', 'users.1', 'users.2'),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constant('follow' as const),
        client: fc.nat(2),
        path: fc.constantFrom(...paths),
        box: fc.constantFrom('box.a', 'box.b'),
        limit: fc.integer({ min: 1, max: 5 }),
        order: fc.constantFrom('asc' as const, 'desc' as const),
        pin: fc.nat(2),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('leave' as const),
        client: fc.nat(2),
        id: fc.nat(10),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('reconnect' as const), client: fc.nat(2) }),
    },
    { weight: 4, arbitrary: fc.record({ type: fc.constant('round' as const) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('quiet' as const) }) },
  ),
  { maxLength: 40, size: 'max' },
)

test.each([true, false])(
  'after every round clients hold what a fresh query answers (cursors sealed here: %s)',
  async (seals) => {
    const delays = fc.array(fc.nat(4), { maxLength: 5 })
    const few = fc.constantFrom(1, 3, 50_000)
    const property = fc.asyncProperty(steps, delays, few, async (history, turns, kept) => {
      const rig = new LiveRig({ maxRecentChanges: kept, maxRingMessages: 3 }, { seals })
      rig.delays = turns
      const people = [null, 'users.1', 'users.2']
      const clients = people.map((id) => rig.client(id))
      const held = new Map<string, { path: string; args: ListArgs }>()
      let next = 0
      for (const step of history) {
        if (step.type === 'write') {
          const done = step.writes.map((write) => rig.write(write))
          if (!step.together) await Promise.all(done)
          await Promise.all(done)
        } else if (step.type === 'own') await rig.box(step.box, step.owner)
        else if (step.type === 'follow') {
          const { path, box, limit, order } = step
          const args: ListArgs = await pinned(rig, { box, limit, order }, path, step.pin)
          const id = next++
          held.set(`${step.client}:${id}`, { path, args })
          clients[step.client]?.live.subscribe({ id, path, args })
        } else if (step.type === 'leave') {
          held.delete(`${step.client}:${step.id}`)
          clients[step.client]?.live.unsubscribe(step.id)
        } else if (step.type === 'reconnect') {
          const before = clients[step.client] as TestClient
          const after = rig.client(people[step.client])
          clients[step.client] = after
          before.live.close()
          for (const [name, { path, args }] of held) {
            const [client, id] = name.split(':').map(Number) as [number, number]
            if (client === step.client) after.comeBack(before, id, path, args)
          }
        } else if (step.type === 'round') {
          rig.round()
          await new Promise<void>((resolve) => setImmediate(resolve))
        } else await rig.quiet()
      }
      await rig.quiet()
      for (const [name, { path, args }] of held) {
        const [client, id] = name.split(':').map(Number) as [number, number]
        const told = clients[client]?.value(id)
        expect(told).toEqual(await rig.fresh(path, args, people[client] as string | null))
      }
      expect(rig.errors).toEqual([])
      rig.engine.close()
      await rig.host.close()
    })
    await fc.assert(property, { numRuns: 400 })
  },
  60_000,
)

/** A page in the middle: after the first rows, open or ended by a cursor. */
async function pinned(rig: LiveRig, args: ListArgs, path: string, pin: number): Promise<ListArgs> {
  if (path !== 'page' || pin === 0) return args
  const first = (await rig.fresh('page', args, null)) as { continueCursor: string } | null
  if (first === null) return args
  if (pin === 1) return { ...args, cursor: first.continueCursor }
  return { ...args, cursor: null, endCursor: first.continueCursor }
}
