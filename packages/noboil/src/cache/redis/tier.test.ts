import { afterEach, describe, expect, test } from 'vitest'
import { rest, Upstream } from '../cache.fixture.ts'
import { closeFleet, held, post, settings, startFleet } from './fleet.fixture.ts'

afterEach(closeFleet)

describe('a value', () => {
  test('that one process has loaded is the others’ without a load', async () => {
    const { caches, redis } = await startFleet()
    const [one, other] = caches
    await one.remember('a', post, () => ({ n: 1 }))
    expect(await other.rememberWithStatus('a', post, held)).toMatchObject({
      value: { n: 1 },
      status: 'hit',
      tier: 'redis',
    })
    expect(await other.rememberWithStatus('a', post, held)).toMatchObject({ tier: 'memory' })
    expect(redis.ran.get('take')).toBe(1)
  })

  test('that is being loaded elsewhere is waited for, and who waits is woken', async () => {
    const { caches, clock } = await startFleet()
    const [one, other] = caches
    const upstream = new Upstream<string>()
    const first = one.remember('a', post, upstream.load)
    await rest()
    const second = other.remember('a', post, held)
    await rest()
    await clock.pass(20_000)
    expect(other.stats()).toMatchObject({ leaseWaits: 1, loading: 1 })
    await upstream.answer('x')
    expect(await Promise.all([first, second])).toEqual(['x', 'x'])
  })

  test('whose loading process has died is loaded by one other, when the lease is over', async () => {
    const { caches, redis, clock } = await startFleet()
    const [dead, ...others] = caches
    const upstream = new Upstream<string>()
    dead.remember('a', post, () => new Promise(() => {})).catch(() => {})
    await rest()
    redis.cutFirst({ silently: true })
    await dead.close()
    const waiting = others.map((cache) => cache.remember('a', post, upstream.load))
    await clock.pass(settings.leaseMs - 1)
    expect(upstream.calls).toBe(0)
    await clock.pass(2)
    expect(upstream.calls).toBe(1)
    await upstream.answer('x')
    expect(await Promise.all(waiting)).toEqual(['x', 'x'])
  })

  test('is not waited for when its load began before a change', async () => {
    const { caches } = await startFleet()
    const [one, other] = caches
    const slow = new Upstream<string>()
    const first = one.remember('a', post, slow.load)
    await rest()
    await other.invalidate('picture')
    expect(await other.remember('a', post, () => 'new')).toBe('new')
    await slow.answer('old')
    expect(await first).toBe('old')
    expect(await one.remember('a', post, held)).toBe('new')
  })

  test('that the app sets is what all processes have', async () => {
    const { caches } = await startFleet()
    const [one, other] = caches
    await one.remember('a', post, () => 'loaded')
    await other.remember('a', post, held)
    await one.set('a', 'set', post)
    await rest()
    expect(await other.get('a')).toBe('set')
    expect(await other.rememberWithStatus('a', post, held)).toMatchObject({ tier: 'memory' })
  })

  test('that the app sets is not kept when a change has outdated it on its way', async () => {
    const { caches } = await startFleet()
    const [one, other] = caches
    await one.remember('a', post, () => 'before')
    const change = other.invalidate('picture')
    const set = one.set('a', 'at hand before the change', post)
    await Promise.all([change, set])
    expect(await one.get('a')).toBeUndefined()
    expect(await other.get('a')).toBeUndefined()
    expect(one.stats().fenced).toBe(1)
  })

  test('that the app sets while Redis is met again is not kept when a change came between', async () => {
    const { caches, redis, clock, network } = await startFleet()
    const [one, other] = caches
    redis.cutFirst()
    let done: Promise<unknown> | undefined
    network.onTurn = (what) => {
      if (what !== '→ SCRIPT') return
      done ??= Promise.all([one.set('a', 'at hand', post), other.invalidate('picture')])
    }
    await clock.pass(1_000)
    await done
    expect(one.stats()).toMatchObject({ redis: 'connected', fenced: 1 })
    expect(await other.get('a')).toBeUndefined()
    expect(await one.get('a')).toBeUndefined()
  })

  test('that the app sets while Redis is away outdates what is loaded elsewhere', async () => {
    const { caches, redis, clock } = await startFleet()
    const [one, other, third] = caches
    const slow = new Upstream<string>()
    const loading = other.remember('a', post, slow.load)
    await rest()
    redis.cutFirst()
    await one.set('a', 'set', post)
    expect(await one.get('a')).toBe('set')
    await clock.pass(1_000)
    expect(one.stats()).toMatchObject({ redis: 'connected', pendingInvalidations: 0 })
    await slow.answer('old')
    expect(await loading).toBe('old')
    expect(await third.get('a')).toBeUndefined()
    expect(await other.get('a')).toBeUndefined()
  })

  test('in Redis that nobody can read is loaded', async () => {
    const { caches, redis } = await startFleet()
    const [one] = caches
    for (const rubbish of ['', 'x', '1 2 3', '1 a b c d posts*\n{"n":1}', '\n']) {
      redis.plant('a', rubbish)
      expect(await one.remember('a', post, () => 'loaded')).toBe('loaded')
      await one.invalidate('post')
    }
  })

  test('that is too large for memory is no reason not to answer', async () => {
    const { caches, redis } = await startFleet()
    const huge = 'x'.repeat(8 * 1024 * 1024 + 1)
    expect(await caches[0].remember('a', post, () => huge)).toBe(huge)
    expect(redis.ran.get('store')).toBeUndefined()
    await expect(caches[0].set('a', huge, post)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})

describe('a change', () => {
  test('is heard by all processes, with its ids, and holds there', async () => {
    const { caches } = await startFleet()
    const [one, other] = caches
    const heard: unknown[] = []
    other.onInvalidate((event) => heard.push(event))
    other.onNotify((event) => heard.push(event))
    await one.remember('a', { ...post, ids: ['7'] }, () => 'old')
    await other.remember('a', { ...post, ids: ['7'] }, held)
    await one.invalidate('post', { ids: ['7'], preventMirror: true })
    await one.notify('post', '7', 'update')
    await rest()
    expect(await other.get('a')).toBeUndefined()
    expect(heard).toEqual([
      {
        type: 'posts',
        types: ['posts', 'feed'],
        ids: ['7'],
        preventMirror: true,
        origin: 'elsewhere',
      },
      { type: 'posts', id: '7', action: 'update', origin: 'elsewhere' },
    ])
  })

  test('whose message is lost is found by asking, within maxLagMs, and listeners are told', async () => {
    const fleet = await startFleet()
    const [one, other] = fleet.caches
    const heard: unknown[] = []
    await one.remember('a', post, () => 'old')
    await other.remember('a', post, held)
    other.onInvalidate(({ type, origin }) => heard.push([type, origin]))
    fleet.network.fate = 'lost'
    await one.invalidate('picture')
    expect(await other.get('a')).toBe('old')
    await fleet.clock.pass(settings.maxLagMs)
    expect(await other.get('a')).toBeUndefined()
    expect(new Set(heard.map(String))).toEqual(
      new Set(['pictures,healed', 'posts,healed', 'feed,healed']),
    )
    expect(other.stats().busHealed).toBe(3)
  })

  test('is told once Redis is back, and holds here meanwhile', async () => {
    const { caches, redis, clock } = await startFleet()
    const [one, other] = caches
    await one.remember('a', post, () => 'old')
    redis.isDown = true
    redis.cut()
    await one.invalidate('post')
    expect(one.stats()).toMatchObject({ redis: 'away', pendingInvalidations: 1 })
    expect(await one.remember('a', post, () => 'new')).toBe('new')
    redis.isDown = false
    await clock.pass(10_000)
    expect(one.stats()).toMatchObject({ redis: 'connected', pendingInvalidations: 0 })
    expect(await other.remember('a', post, () => 'newer')).toBe('newer')
  })

  test('that comes while Redis is met again does not end the meeting', async () => {
    const { caches, redis, clock, network } = await startFleet()
    const [one, other] = caches
    redis.cut()
    let changes = 0
    network.onTurn = () => {
      if (one.stats().redis !== 'away') return
      changes++
      void one.invalidate('post')
    }
    await clock.pass(1_000)
    expect(changes).toBeGreaterThan(10)
    expect(one.stats()).toMatchObject({ redis: 'connected', redisLost: 1, pendingInvalidations: 0 })
    expect(other.stats().entities['posts']?.invalidations).toBeGreaterThan(0)
  })

  test('that Redis refuses is told when it obeys again', async () => {
    const { caches, redis, clock } = await startFleet()
    const [one, other] = caches
    await one.remember('a', post, () => 'old')
    redis.refuses.add('change')
    await one.invalidate('post')
    expect(one.stats()).toMatchObject({ redis: 'away', pendingInvalidations: 1 })
    await clock.pass(5_000)
    expect(one.stats().pendingInvalidations).toBe(1)
    redis.refuses.clear()
    await clock.pass(10_000)
    expect(one.stats()).toMatchObject({ redis: 'connected', pendingInvalidations: 0 })
    expect(await other.get('a')).toBeUndefined()
  })
})

test('a process that heard nothing for longer than maxLagMs asks before it answers from memory', async () => {
  const { caches, clock, redis } = await startFleet()
  const [one, other] = caches
  await one.remember('a', post, () => 'old')
  await other.remember('a', post, held)
  const before = redis.ran.get('sync') ?? 0
  clock.sleep(settings.maxLagMs + 1)
  expect(await other.rememberWithStatus('a', post, held)).toMatchObject({ tier: 'redis' })
  expect(redis.ran.get('sync')).toBe(before + 1)
})

test('nothing is left waiting when a cache is closed', async () => {
  const { caches, clock } = await startFleet()
  await Promise.all(caches.map((cache) => cache.remember('a', post, () => 'x')))
  await Promise.all(caches.map((cache) => cache.close()))
  await rest()
  expect(clock.waiting).toBe(0)
})
