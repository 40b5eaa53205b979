import { expect, test } from 'vitest'
import { errorCode } from '../errors/match.ts'
import { openMemoryHost } from '../hosts/memory/host.ts'
import type { Host } from '../hosts/host.ts'
import { systemPorts } from '../hosts/shared/ports.ts'
import {
  fetch,
  type Flow,
  type NamedProgram,
  report,
  type Report,
  run,
  wait,
} from '../program/flow.ts'
import { byId, insert, patch, remove } from '../program/program.ts'
import { column, type Layout } from '../schema/layout.ts'
import { Flows } from './flows.ts'
import { VirtualClock } from './testing/clock.ts'

interface TicketRow {
  readonly _id: string
  readonly note: string
}

const tickets: Layout<TicketRow> = {
  name: '_tickets',
  columns: { _id: column.id('_tickets'), note: column.text },
  key: ['_id'],
  id: 'stored',
  indexes: {},
  internal: true,
}

const take: NamedProgram<string, string> = {
  name: 'ticket:take',
  run: (note) => insertOne(note),
}
const giveBack: NamedProgram<string, void> = {
  name: 'ticket:giveBack',
  run: (id) => removeOne(id),
}
const noteOn: NamedProgram<{ readonly id: string; readonly note: string }, void> = {
  name: 'ticket:note',
  run: ({ id, note }) => patchOne(id, note),
}
const read: NamedProgram<string, string | undefined> = {
  name: 'ticket:read',
  readOnly: true,
  run: (id) => readOne(id),
}

function* insertOne(note: string) {
  return yield* insert(tickets, { note })
}

function* removeOne(id: string) {
  const row = yield* byId(tickets, id)
  if (row !== null) yield* remove(tickets, row)
}

function* patchOne(id: string, note: string) {
  const row = yield* byId(tickets, id)
  if (row !== null) yield* patch(tickets, row, { note })
}

function* readOne(id: string) {
  return (yield* byId(tickets, id))?.note
}

interface Rig {
  readonly clock: VirtualClock
  readonly host: Host
  readonly flows: Flows
  readonly reports: Report[]
  /** How many listen to commits. */
  listeners(): number
  settle(): Promise<void>
}

function rigOf(): Rig {
  const clock = new VirtualClock(0)
  const memory = openMemoryHost({ layouts: [tickets], ports: { ...systemPorts, clock } })
  let listeners = 0
  const host: Pick<Host, 'read' | 'write' | 'onCommit' | 'revision'> = {
    get revision() {
      return memory.revision
    },
    read: (program, options) => memory.read(program, options),
    write: (program, options) => memory.write(program, options),
    onCommit: (listener) => {
      listeners++
      const stop = memory.onCommit(listener)
      return () => {
        listeners--
        stop()
      }
    },
  }
  const reports: Report[] = []
  const flows = new Flows({ host, clock, report: (said) => void reports.push(said) })
  return {
    clock,
    host: memory,
    flows,
    reports,
    listeners: () => listeners,
    async settle() {
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

/** What has become of a promise so far. */
function watched(work: Promise<unknown>): { state: unknown } {
  const seen: { state: unknown } = { state: 'pending' }
  work.then(
    () => (seen.state = 'done'),
    (error: unknown) => (seen.state = errorCode(error) ?? error),
  )
  return seen
}

function* waitFor(id: string, ms = 60_000): Flow<void> {
  yield* wait(ms, { table: tickets, id, pollMs: 1 })
}

test('a wait ends with the commit that removes its row, and with no other', async () => {
  const on = rigOf()
  const id = await on.flows.run(run(take, 'mine'))
  const other = await on.flows.run(run(take, 'other'))
  const waiting = watched(on.flows.run(waitFor(id)))
  await on.settle()
  await on.flows.run(run(noteOn, { id, note: 'still mine' }))
  await on.flows.run(run(giveBack, other))
  await on.clock.advance(59_999)
  await on.settle()
  expect(waiting.state).toBe('pending')
  await on.flows.run(run(giveBack, id))
  await on.settle()
  expect(waiting.state).toBe('done')
})

test('a wait for a row that has gone already is none', async () => {
  const on = rigOf()
  const id = await on.flows.run(run(take, 'mine'))
  await on.flows.run(run(giveBack, id))
  await on.flows.run(waitFor(id))
  expect(on.listeners()).toBe(0)
})

test('a wait ends when its time is over', async () => {
  const on = rigOf()
  const id = await on.flows.run(run(take, 'mine'))
  const waiting = watched(on.flows.run(waitFor(id, 500)))
  const plain = watched(on.flows.run(wait(500)))
  await on.settle()
  await on.clock.advance(499)
  expect([waiting.state, plain.state]).toEqual(['pending', 'pending'])
  await on.clock.advance(1)
  await on.settle()
  expect([waiting.state, plain.state]).toEqual(['done', 'done'])
})

test('commits are listened to once for all who wait, and not at all when nobody does', async () => {
  const on = rigOf()
  const id = await on.flows.run(run(take, 'mine'))
  expect(on.listeners()).toBe(0)
  const waiting = Array.from({ length: 20 }, () => on.flows.run(waitFor(id)))
  await on.settle()
  expect(on.listeners()).toBe(1)
  await on.flows.run(run(giveBack, id))
  await Promise.all(waiting)
  expect(on.listeners()).toBe(0)
})

test('a program that only reads is no commit', async () => {
  const on = rigOf()
  const id = await on.flows.run(run(take, 'mine'))
  const { revision } = on.host
  expect(await on.flows.run(run(read, id))).toBe('mine')
  expect(on.host.revision).toBe(revision)
})

test('a fetch answers what its work does, at once or later', async () => {
  const on = rigOf()
  expect(await on.flows.run(fetch(() => 7))).toBe(7)
  expect(await on.flows.run(fetch(async () => 7))).toBe(7)
  const failing = fetch(() => {
    throw new TypeError('no')
  })
  await expect(on.flows.run(failing)).rejects.toThrow('no')
})

test('a fetch that takes too long is told to stop, and fails with TIMEOUT whether it does or not', async () => {
  const on = rigOf()
  const signals: AbortSignal[] = []
  const deaf = fetch((signal) => {
    signals.push(signal)
    return new Promise(() => {})
  }, 100)
  const fetching = watched(on.flows.run(deaf))
  await on.settle()
  await on.clock.advance(99)
  expect(fetching.state).toBe('pending')
  await on.clock.advance(1)
  await on.settle()
  expect(fetching.state).toBe('TIMEOUT')
  expect(signals[0]?.aborted).toBe(true)
})

test('a server that closes ends waits and fetches, and lets a flow give back what it holds', async () => {
  const on = rigOf()
  const ids: string[] = []
  function* holding(): Flow<void> {
    const id = yield* run(take, 'mine')
    ids.push(id)
    try {
      yield* fetch(() => new Promise(() => {}))
    } finally {
      yield* run(giveBack, id)
    }
  }
  function* greedy(): Flow<void> {
    yield* holding()
  }
  const held = watched(on.flows.run(greedy()))
  await on.settle()
  const waiting = watched(on.flows.run(waitFor(ids[0] as string)))
  await on.settle()
  await on.flows.close()
  expect([held.state, waiting.state]).toEqual(['UNAVAILABLE', 'UNAVAILABLE'])
  expect(await on.host.read(() => readOne(ids[0] as string))).toMatchObject({ value: undefined })
  expect(on.listeners()).toBe(0)
})

test('a server that closes ends a flow of many transactions after the one it is in', async () => {
  const on = rigOf()
  let rounds = 0
  function* endless(): Flow<void> {
    for (;;) {
      rounds++
      yield* run(take, 'another')
    }
  }
  const running = watched(on.flows.run(endless()))
  await on.settle()
  await on.flows.close()
  const before = rounds
  await on.settle()
  expect(running.state).toBe('UNAVAILABLE')
  expect(rounds).toBe(before)
})

test('what a flow reports is handed on', async () => {
  const on = rigOf()
  const said = { table: 'movie', key: '7', message: 'The source is down.' }
  await on.flows.run(report(said))
  expect(on.reports).toEqual([said])
})

test('calls that nothing was committed between share one run; after a commit the next is one of its own', async () => {
  const on = rigOf()
  let runs = 0
  const gate = Promise.withResolvers<number>()
  function* counted(): Flow<number> {
    const number = ++runs
    yield* fetch(() => gate.promise)
    return number
  }
  const first = [on.flows.share('a', counted), on.flows.share('a', counted)]
  const other = on.flows.share('b', counted)
  await on.settle()
  await on.flows.run(run(take, 'mine'))
  const later = on.flows.share('a', counted)
  gate.resolve(0)
  expect(await Promise.all([...first, other, later])).toEqual([1, 1, 2, 3])
  expect(await on.flows.share('a', counted)).toBe(4)
})
