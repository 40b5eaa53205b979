import { afterEach, describe, expect, test } from 'vitest'
import { insert, program, schedule } from '../../program/program.ts'
import { allPeople, bothHosts, cleanUp, people, person } from '../testing.fixture.ts'
import { dueFlows, finishFlow, leaseFlow, nextDueAt } from './schedule.ts'

afterEach(cleanUp)

const plan = program(function* (flow: string, at: number, fails = false) {
  yield* insert(people, person(flow))
  yield* schedule(flow, { parent: 'p', deep: { n: [1] } }, at)
  if (fails) throw new Error('undone')
})

describe.each(bothHosts)('scheduled flows on %s', (_, open) => {
  test('a flow is due from its time on, the longest due first', async () => {
    const { host } = await open()
    await host.write(() => plan('late', 20))
    await host.write(() => plan('early', 10))
    const due = async (now: number): Promise<readonly string[]> =>
      (await host.read(() => dueFlows(now, 10))).value.map((flow) => flow.flow)
    expect(await due(9)).toEqual([])
    expect(await due(10)).toEqual(['early'])
    expect(await due(20)).toEqual(['early', 'late'])
    const [first] = (await host.read(() => dueFlows(20, 1))).value
    expect(first).toMatchObject({ flow: 'early', args: { parent: 'p', deep: { n: [1] } }, at: 10 })
  })

  test('a flow is scheduled with its transaction or not at all', async () => {
    const { host, commits } = await open()
    await host.write(() => plan('undone', 1, true)).catch(() => {})
    expect((await host.read(() => dueFlows(10, 10))).value).toEqual([])
    expect((await host.read(() => allPeople())).value).toEqual([])
    await host.write(() => plan('done', 1))
    expect(commits[0]?.changes.map((change) => change.table.name)).toEqual(['person', '_schedule'])
  })

  test('a leased flow is nobody else’s until the lease ends', async () => {
    const { host } = await open()
    await host.write(() => plan('a', 10))
    const [flow] = (await host.read(() => dueFlows(10, 10))).value
    const id = flow?.id ?? ''
    expect((await host.write(() => leaseFlow(id, 10, 5))).value).toEqual(flow)
    expect((await host.write(() => leaseFlow(id, 14, 5))).value).toBeNull()
    expect((await host.read(() => dueFlows(14, 10))).value).toEqual([])
    expect((await host.read(() => dueFlows(15, 10))).value).toEqual([flow])
    expect((await host.write(() => leaseFlow(id, 15, 5))).value).toEqual(flow)
  })

  test('a finished flow is gone, and may be finished twice', async () => {
    const { host } = await open()
    await host.write(() => plan('a', 10))
    const [flow] = (await host.read(() => dueFlows(10, 10))).value
    await host.write(() => finishFlow(flow?.id ?? ''))
    await host.write(() => finishFlow(flow?.id ?? ''))
    expect((await host.read(() => dueFlows(99, 10))).value).toEqual([])
    expect((await host.write(() => leaseFlow(flow?.id ?? '', 99, 5))).value).toBeNull()
  })

  test('the next time to look is the first that is due or whose lease ends', async () => {
    const { host } = await open()
    const next = async (now: number): Promise<number | null> =>
      (await host.read(() => nextDueAt(now))).value
    expect(await next(0)).toBeNull()
    await host.write(() => plan('a', 10))
    await host.write(() => plan('b', 30))
    expect(await next(0)).toBe(10)
    const [flow] = (await host.read(() => dueFlows(10, 1))).value
    await host.write(() => leaseFlow(flow?.id ?? '', 10, 5))
    expect(await next(10)).toBe(15)
    await host.write(() => finishFlow(flow?.id ?? ''))
    expect(await next(10)).toBe(30)
  })
})
