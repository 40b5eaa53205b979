import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type AppProcess, startProcess } from './fleet.ts'
import { startRedis, type TestRedis } from './server.ts'
import { startUpstream, type Upstream } from './upstream.ts'

const leaseMs = 1_000
let redis: TestRedis
let upstream: Upstream
let fleet: AppProcess[] = []
let keys = 0

beforeAll(async () => {
  redis = await startRedis()
})

afterAll(() => redis.close())

beforeEach(async () => {
  upstream = await startUpstream()
})

afterEach(async () => {
  await Promise.all(fleet.map((one) => one.end()))
  fleet = []
  await upstream.close()
})

async function start(count: number): Promise<readonly AppProcess[]> {
  fleet = await Promise.all(
    Array.from({ length: count }, () => startProcess(redis.url, upstream.url, leaseMs)),
  )
  return fleet
}

const newKey = (): string => `key-${++keys}`

test('10,000 calls for a missing key from four processes fetch once', async () => {
  const processes = await start(4)
  const key = newKey()
  const calls = processes.map((one) => one.remember(key, 2_500))
  const request = await upstream.next()
  request.answer({ n: 1 })
  expect(await Promise.all(calls)).toEqual(processes.map(() => [{ n: 1 }]))
  expect(upstream.count).toBe(1)
})

test('when the process that loads is killed, one other loads, and everybody is answered', async () => {
  const processes = await start(4)
  const key = newKey()
  const calls = processes.map((one) => one.remember(key, 2_500).catch(() => 'killed'))
  const first = await upstream.next()
  const holder = processes.findIndex(({ pid }) => pid === first.pid)
  processes[holder]?.signal('SIGKILL')
  const second = await upstream.next()
  expect(second.pid).not.toBe(first.pid)
  second.answer({ n: 2 })
  const others = calls.filter((_, at) => at !== holder)
  expect(await Promise.all(others)).toEqual(others.map(() => [{ n: 2 }]))
  expect(upstream.count).toBe(2)
})

test('a process that sleeps through its lease does not overwrite what another has loaded since', async () => {
  const [sleeper, other, third] = (await start(3)) as [AppProcess, AppProcess, AppProcess]
  const key = newKey()
  const slept = sleeper.remember(key)
  const first = await upstream.next()
  sleeper.signal('SIGSTOP')
  const awake = other.remember(key)
  const second = await upstream.next()
  second.answer({ n: 'newer' })
  expect(await awake).toEqual([{ n: 'newer' }])
  first.answer({ n: 'older' })
  sleeper.signal('SIGCONT')
  expect(await slept).toEqual([{ n: 'older' }])
  expect(await third.get(key)).toEqual({ n: 'newer' })
  expect(upstream.count).toBe(2)
})

test('an invalidation in one process holds in the others', async () => {
  const [one, other] = (await start(2)) as [AppProcess, AppProcess]
  const key = newKey()
  const first = one.remember(key)
  const request = await upstream.next()
  request.answer({ n: 1 })
  await first
  expect(await other.remember(key)).toEqual([{ n: 1 }])
  const heard = other.heard('invalidated')
  await one.invalidate()
  await heard
  expect(await other.get(key)).toBeNull()
  expect(await one.get(key)).toBeNull()
})

test('without Redis the app goes on; when it is back with old data, nothing of it is served', async () => {
  const [one, other] = (await start(2)) as [AppProcess, AppProcess]
  const key = newKey()
  const first = one.remember(key)
  const request = await upstream.next()
  request.answer({ n: 'old' })
  await first
  await redis.command('SAVE')
  await one.invalidate()
  const lost = Promise.all([one.heard('redis lost'), other.heard('redis lost')])
  await redis.kill()
  await lost
  const away = other.remember(key)
  const meanwhile = await upstream.next()
  meanwhile.answer({ n: 'meanwhile' })
  expect(await away).toEqual([{ n: 'meanwhile' }])
  const back = Promise.all([one.heard('redis connected'), other.heard('redis connected')])
  await redis.restart()
  await back
  expect(await redis.command('EXISTS', `{noboil}:e:${key}`)).toBe(1)
  const asked = Promise.all([one.remember(key), other.remember(key)])
  const again = await upstream.next()
  again.answer({ n: 'new' })
  expect(await asked).toEqual([[{ n: 'new' }], [{ n: 'new' }]])
  expect(upstream.count).toBe(3)
})

test('a Redis that hangs is taken to be away, and what was changed meanwhile holds when it goes on', async () => {
  const [one, other] = (await start(2)) as [AppProcess, AppProcess]
  const key = newKey()
  const first = one.remember(key)
  const request = await upstream.next()
  request.answer({ n: 'old' })
  await first
  expect(await other.remember(key)).toEqual([{ n: 'old' }])
  const lost = Promise.all([one.heard('redis lost'), other.heard('redis lost')])
  redis.signal('SIGSTOP')
  await one.invalidate()
  const asked = one.remember(key)
  const meanwhile = await upstream.next()
  meanwhile.answer({ n: 'new' })
  expect(await asked).toEqual([{ n: 'new' }])
  await lost
  const back = Promise.all([one.heard('redis connected'), other.heard('redis connected')])
  redis.signal('SIGCONT')
  await back
  const again = Promise.all([one.remember(key), other.remember(key)])
  const last = await upstream.next()
  last.answer({ n: 'newer' })
  expect(await again).toEqual([[{ n: 'newer' }], [{ n: 'newer' }]])
})
