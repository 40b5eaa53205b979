import { afterEach, describe, expect, test } from 'vitest'
import { batch, byId, call, get, page, program, range } from '../../program/program.ts'
import type { ReadRecord } from '../host.ts'
import {
  addPerson,
  allPeople,
  append,
  bothHosts,
  cleanUp,
  codeOf,
  getPerson,
  hook,
  latch,
  messages,
  people,
  person,
} from '../testing.fixture.ts'

afterEach(cleanUp)

describe.each(bothHosts)('reads on %s', (_, open) => {
  test('a read answers the newest commit and its revision', async () => {
    const { host } = await open()
    expect(await host.read(() => allPeople())).toEqual({ value: [], revision: 0 })
    await host.write(() => addPerson(person('a')))
    expect(await host.read(() => allPeople())).toEqual({ value: ['a'], revision: 1 })
  })

  test('a commit listener reads what was committed', async () => {
    const { host } = await open()
    const seen: Promise<unknown>[] = []
    host.onCommit(() => seen.push(host.read(() => allPeople())))
    await host.write(() => addPerson(person('a')))
    expect(await Promise.all(seen)).toEqual([{ value: ['a'], revision: 1 }])
  })

  test('a query that waits keeps its snapshot, and its revision is that of the snapshot', async () => {
    const { host } = await open()
    await host.write(() => addPerson(person('a')))
    const gate = latch()
    const query = hook(async (transaction) => {
      await gate.promise
      return transaction.run(() => allPeople())
    })
    const old = host.read(() => query, { custom: true })
    await host.write(() => addPerson(person('b')))
    const fresh = await host.read(() => allPeople())
    gate.open()
    expect(fresh).toEqual({ value: ['a', 'b'], revision: 2 })
    expect(await old).toEqual({ value: ['a'], revision: 1 })
  })

  test('any number of queries may wait over any number of commits', async () => {
    const { host } = await open()
    const gate = latch()
    const query = (): Promise<{ value: readonly string[]; revision: number }> =>
      host.read(() =>
        hook(async (transaction) => {
          await gate.promise
          return transaction.run(() => allPeople())
        }),
      )
    const answers = []
    for (let n = 0; n < 20; n++) {
      answers.push(query())
      await host.write(() => addPerson(person(`p${n}`)))
    }
    expect((await host.read(() => allPeople())).value).toHaveLength(20)
    gate.open()
    for (const { value, revision } of await Promise.all(answers))
      expect(value).toHaveLength(revision)
  })

  test('a snapshot that nobody needs any more makes room for the next', async () => {
    const { host } = await open()
    for (let n = 0; n < 20; n++) {
      const gate = latch()
      const query = hook(async (transaction) => {
        await gate.promise
        return (await transaction.run(() => allPeople())).length
      })
      const old = host.read(() => query)
      await host.write(() => addPerson(person(`p${n}`)))
      gate.open()
      expect(await old).toEqual({ value: n, revision: n })
    }
  })

  test('a query over its time ends with TIMEOUT', async () => {
    const { host, clock } = await open({ limits: { queryTimeoutMs: 50 } })
    const refused = codeOf(host.read(() => hook(() => new Promise(() => {})), { custom: true }))
    await clock.armed()
    clock.advance(50)
    expect(await refused).toBe('TIMEOUT')
  })

  test('a query may read maxScannedRows rows and no more', async () => {
    const { host } = await open({ limits: { maxScannedRows: 3 } })
    for (const id of ['a', 'b', 'c', 'd']) await host.write(() => addPerson(person(id)))
    const some = (limit: number) =>
      program(function* () {
        return (yield* range(people, '', [], { limit })).length
      })()
    expect((await host.read(() => some(3))).value).toBe(3)
    expect(await codeOf(host.read(() => some(100)))).toBe('LIMIT_EXCEEDED')
    expect((await host.write(() => some(100))).value).toBe(4)
  })

  test('every read is told with its answer, the parts of a batch one by one', async () => {
    const { host } = await open()
    await host.write(() => addPerson(person('a')))
    const records: ReadRecord[] = []
    const query = program(function* () {
      yield* batch(get(people, ['person.a']), undefined, byId(people, 'person.b'))
      yield* call(async (transaction) => {
        await Promise.resolve()
        await transaction.run(() => getPerson('a'))
      })
    })
    await host.read(() => query(), { record: (read) => records.push(read) })
    expect(
      records.map(({ request, answer }) => [request.op, (answer as { _id: string } | null)?._id]),
    ).toEqual([
      ['get', 'person.a'],
      ['byId', undefined],
      ['get', 'person.a'],
    ])
  })

  test('what a query that fails has read is told as well', async () => {
    const { host } = await open()
    const records: ReadRecord[] = []
    const query = program(function* () {
      yield* get(people, ['person.a'])
      throw new Error('no')
    })
    await codeOf(host.read(() => query(), { record: (read) => records.push(read) }))
    expect(records).toHaveLength(1)
  })

  test('an id of another table, or no id, is nobody', async () => {
    const { host } = await open()
    await host.write(() => append('p', 'a'))
    const find = program(function* (id: string) {
      return (yield* byId(messages, id))?.text ?? null
    })
    const found = await Promise.all(
      ['message.1.p', 'message.01.p', 'message.1', 'person.1.p', '', 'message.1.'].map(
        async (id) => (await host.read(() => find(id))).value,
      ),
    )
    expect(found).toEqual(['a', null, null, null, null, null])
  })

  test('a page keeps within its bounds when they have moved past its cursor', async () => {
    const { host } = await open()
    for (const [at, rank] of [1, 1, 1, 2, 3].entries()) {
      await host.write(() => addPerson(person(`p${at}`, { rank })))
    }
    const ranks = (cursor: string | null, least: number, order: 'asc' | 'desc') =>
      program(function* () {
        const lower = { value: least, inclusive: true }
        return yield* page(people, 'by_rank', [], { scope: 's', cursor, lower, order, limit: 2 })
      })()
    const first = (await host.read(() => ranks(null, 0, 'asc'))).value
    const moved = (await host.read(() => ranks(first.continueCursor, 2, 'asc'))).value
    expect(moved.rows.map((row) => row.rank)).toEqual([2, 3])
    const top = (await host.read(() => ranks(null, 0, 'desc'))).value
    const next = (await host.read(() => ranks(top.continueCursor, 3, 'desc'))).value
    expect(next.rows).toEqual([])
  })

  test('rows that a read answers are the caller’s own', async () => {
    const { host } = await open()
    await host.write(() => addPerson(person('a', { tags: ['x'] })))
    const first = (await host.read(() => getPerson('a'))).value
    ;(first?.tags as string[]).push('mine')
    expect((await host.read(() => getPerson('a'))).value?.tags).toEqual(['x'])
  })
})
