import { afterEach, describe, expect, test } from 'vitest'
import { call, get, insert, program } from '../../program/program.ts'
import {
  addPerson,
  allPeople,
  bothHosts,
  cleanUp,
  codeOf,
  hook,
  latch,
  people,
  person,
} from '../testing.fixture.ts'

afterEach(cleanUp)

describe.each(bothHosts)('hooks that wait on %s', (_, open) => {
  test('async hooks that only use microtasks stay in the group', async () => {
    const { host, commits } = await open()
    const write = program(function* (id: string) {
      yield* insert(people, person(id))
      yield* call(async () => {
        for (let i = 0; i < 20; i++) await Promise.resolve()
      })
      yield* insert(people, person(`${id}2`))
    })
    await Promise.all([host.write(() => write('a')), host.write(() => write('b'))])
    expect(commits).toHaveLength(1)
    expect((await host.read(() => allPeople())).value).toEqual(['a', 'a2', 'b', 'b2'])
  })

  test('while a call that has written nothing waits, those before it are committed and nobody else writes', async () => {
    const { host, commits } = await open()
    const gate = latch()
    const waits = program(function* () {
      const before = yield* get(people, ['person.z'])
      yield* call(() => gate.promise)
      const after = yield* get(people, ['person.z'])
      yield* insert(people, person('w'))
      return [before, after]
    })
    const first = host.write(() => addPerson(person('a')))
    const waiting = host.write(() => waits())
    const behind = host.write(() => addPerson(person('z')))
    expect((await first).revision).toBe(1)
    expect(commits).toHaveLength(1)
    gate.open()
    expect((await waiting).value).toEqual([null, null])
    await behind
    expect(commits.map((commit) => commit.changes.length)).toEqual([1, 2])
  })

  test('while a call that has written waits, its transaction stays open and unseen', async () => {
    const { host, clock, commits } = await open()
    const gate = latch()
    const waits = program(function* () {
      yield* insert(people, person('w'))
      yield* call(() => gate.promise)
    })
    const answers = [host.write(() => addPerson(person('a'))), host.write(() => waits())]
    await clock.armed()
    expect(commits).toHaveLength(0)
    expect((await host.read(() => allPeople())).value).toEqual([])
    gate.open()
    await Promise.all(answers)
    expect(commits).toHaveLength(1)
    expect((await host.read(() => allPeople())).value).toEqual(['a', 'w'])
  })

  test('a call whose hooks wait too long ends with TIMEOUT, undone, and its late hook changes nothing', async () => {
    const { host, clock, errors } = await open({ limits: { hookTimeoutMs: 100 } })
    const gate = latch()
    let late: Promise<unknown> | undefined
    const waits = program(function* () {
      yield* insert(people, person('w'))
      yield* call(async (transaction) => {
        await gate.promise
        late = codeOf(transaction.run(() => addPerson(person('late'))))
        await late
      })
    })
    const refused = codeOf(host.write(() => waits()))
    const behind = host.write(() => addPerson(person('b')))
    await clock.armed()
    clock.advance(100)
    expect(await refused).toBe('TIMEOUT')
    await behind
    gate.open()
    await gate.promise
    await Promise.resolve()
    expect(await late).toBe('INTERNAL')
    expect((await host.read(() => allPeople())).value).toEqual(['b'])
    expect(errors).toEqual([])
  })

  test('the waits of one call add up', async () => {
    const { host, clock } = await open({ limits: { hookTimeoutMs: 100 } })
    const gates = [latch(), latch()]
    const waits = program(function* () {
      for (const gate of gates) yield* call(() => gate.promise)
    })
    const refused = codeOf(host.write(() => waits()))
    await clock.armed()
    clock.advance(60)
    gates[0]?.open()
    await new Promise((resolve) => setImmediate(resolve))
    await clock.armed()
    clock.advance(40)
    expect(await refused).toBe('TIMEOUT')
  })

  test('a wait inside a nested program counts like one outside', async () => {
    const { host, clock } = await open({ limits: { hookTimeoutMs: 100 } })
    const nested = program(function* () {
      yield* call(() => new Promise(() => {}))
    })
    const refused = codeOf(host.write(() => hook((transaction) => transaction.run(() => nested()))))
    await clock.armed()
    clock.advance(100)
    expect(await refused).toBe('TIMEOUT')
    await host.write(() => addPerson(person('a')))
  })

  test('time stands still for the whole of a call', async () => {
    const { host, clock } = await open()
    const gate = latch()
    const times = program(function* () {
      const at = yield* call((transaction) => transaction.now)
      yield* call(() => gate.promise)
      return [at, yield* call((transaction) => transaction.now)]
    })
    const answer = host.write(() => times())
    await clock.armed()
    clock.advance(5)
    gate.open()
    const [at, later] = (await answer).value as [number, number]
    expect(later).toBe(at)
  })
})
