import { afterEach, describe, expect, test } from 'vitest'
import { rest, Upstream } from '../cache.fixture.ts'
import { closeFleet, held, post, settings, startFleet } from './fleet.fixture.ts'

afterEach(closeFleet)

describe('without Redis', () => {
  test('that hangs, calls are answered after commandTimeoutMs', async () => {
    const fleet = await startFleet()
    const [one] = fleet.caches
    fleet.network.hangs = true
    let answer: string | undefined
    const asked = one.remember('a', post, () => 'loaded').then((value) => (answer = value))
    await fleet.clock.pass(settings.commandTimeoutMs - 1)
    expect(answer).toBeUndefined()
    await fleet.clock.pass(100)
    expect(await asked).toBe('loaded')
    expect(one.stats()).toMatchObject({ redis: 'away', redisLost: 1 })
    expect(await one.get('a')).toBe('loaded')
  })

  test('values are fresh for maxLagMs from the beginning of their load', async () => {
    const { caches, redis, clock } = await startFleet()
    const [one] = caches
    redis.isDown = true
    redis.cut()
    const upstream = new Upstream<string>()
    const slow = one.remember('a', post, upstream.load)
    await rest()
    await clock.pass(600)
    await upstream.answer('x')
    expect(await slow).toBe('x')
    await clock.pass(399)
    expect(await one.get('a')).toBe('x')
    await clock.pass(1)
    expect(await one.get('a')).toBeUndefined()
  })

  test('a load is joined while it is younger than maxLagMs, also after changes', async () => {
    const { caches, redis, clock } = await startFleet()
    const [one] = caches
    const change = one.invalidate('post')
    redis.isDown = true
    redis.cut()
    await change
    const upstream = new Upstream<string>()
    const ask = (): Promise<string> => one.remember('a', post, upstream.load)
    const calls = [ask(), ask()]
    await rest()
    await clock.pass(settings.maxLagMs - 1)
    calls.push(ask())
    await rest()
    expect(upstream.calls).toBe(1)
    await clock.pass(1)
    calls.push(ask())
    await rest()
    expect(upstream.calls).toBe(2)
    await upstream.answer('x')
    await upstream.answer('y')
    expect(await Promise.all(calls)).toEqual(['x', 'x', 'x', 'y'])
    expect(await one.get('a')).toBe('y')
  })
})

describe('a new history', () => {
  test('keeps nothing of a load that began in the one before', async () => {
    const { caches, redis, clock } = await startFleet()
    const [one, other] = caches
    for (let at = 0; at < 5; at++) await one.invalidate('post')
    const slow = new Upstream<string>()
    const first = one.remember('a', post, slow.load)
    await rest()
    redis.restart()
    await clock.pass(200)
    expect(one.stats().redis).toBe('connected')
    await other.invalidate('post')
    await slow.answer('old')
    expect(await first).toBe('old')
    expect(await other.remember('a', post, () => 'new')).toBe('new')
    expect(await one.remember('a', post, held)).toBe('new')
  })

  test('that begins while Redis is told what it missed is not taken for the one before', async () => {
    const { caches, redis, clock, network } = await startFleet()
    const [one] = caches
    for (let at = 0; at < 5; at++) await one.invalidate('post')
    await one.remember('a', post, () => 'old')
    redis.cutFirst()
    await one.invalidate('post')
    let scripts = 0
    network.onTurn = (what) => {
      // The first of them opens the session, the second one tells.
      if (what === '→ EVALSHA' && ++scripts === 2) redis.evictTags()
    }
    while (one.stats().redis === 'away') await clock.pass(1)
    expect(await one.get('a')).toBeUndefined()
    expect(scripts).toBeGreaterThan(2)
  })

  test('begins when Redis has forgotten its versions, and is noticed within maxLagMs', async () => {
    const { caches, redis, clock } = await startFleet()
    const [one, other] = caches
    await one.remember('a', post, () => 'old')
    await other.remember('a', post, held)
    redis.evictTags()
    await one.invalidate('post')
    await clock.pass(settings.maxLagMs)
    expect(await other.remember('a', post, () => 'new')).toBe('new')
    expect(other.stats()).toMatchObject({ redis: 'connected', redisLost: 1 })
  })
})
