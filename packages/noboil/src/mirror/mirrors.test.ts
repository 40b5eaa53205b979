import { array, assert, asyncProperty, constantFrom, integer, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Deployment, isMessage, replyOf, World } from './mirror.fixture.ts'
import { maxHops, readMessage } from './messages.ts'
import type { Mark } from './ports.ts'

const dayMs = 86_400_000

const stateOf = (deployment: Deployment) => deployment.mirrors.stats().targets[0]

describe('a change', () => {
  test('is told to every mirror, which forgets it and tells its browsers', async () => {
    const world = new World()
    const [b, c] = [await world.add('b'), await world.add('c')]
    const a = await world.add('a', ['b', 'c'])
    await a.change('post')
    await world.pass()
    for (const mirror of [b, c]) {
      expect(mirror.invalidated).toEqual(['posts'])
      expect(mirror.notified).toEqual(['posts'])
    }
  })

  test('that is marked twice over is told once', async () => {
    const world = new World()
    await world.add('b')
    const a = await world.add('a', ['b'])
    await a.change('posts')
    const [mark] = a.store.marks.values()
    a.mirrors.marked({ ...(mark as Mark) })
    await world.pass(1_000)
    expect(stateOf(a)).toMatchObject({ delivered: 1 })
  })

  test('that prevents mirrors is told to none', async () => {
    const world = new World()
    const b = await world.add('b')
    const a = await world.add('a', ['b'])
    await a.cache.invalidate('posts', true)
    await world.pass()
    expect(b.invalidated).toEqual([])
  })

  test('of another type does not wait behind it', async () => {
    const world = new World()
    const b = await world.add('b')
    const a = await world.add('a', ['b'])
    for (const type of ['posts', 'pages', 'posts', 'feed']) await a.change(type)
    await world.pass()
    expect(new Set(b.invalidated)).toEqual(new Set(['posts', 'pages', 'feed']))
  })

  test('of an entity that the mirror does not know is not told for ever', async () => {
    const world = new World()
    const b = await world.add('b')
    const a = await world.add('a', ['b'])
    b.fault = (sending, path) => (isMessage(sending, path) ? replyOf(400) : undefined)
    await a.change('posts')
    await world.pass(dayMs / 24)
    const { received } = b
    await world.pass(1_000)
    expect(b.received).toBe(received)
    expect(stateOf(a)).toMatchObject({ state: 'ok', pending: 0 })
    expect(a.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })
})

describe('a mirror that is away', () => {
  test('for a day catches up in one message per type', async () => {
    const world = new World()
    const b = await world.add('b')
    const a = await world.add('a', ['b'])
    b.fault = () => 'lost'
    for (let hour = 0; hour < 24; hour++) {
      for (const type of ['posts', 'pages']) await a.change(type)
      await world.pass(dayMs / 24)
    }
    expect(stateOf(a)).toMatchObject({ state: 'away', pending: 2 })
    expect(stateOf(a)?.lagMs).toBeGreaterThan(dayMs - dayMs / 12)
    b.fault = () => undefined
    await world.pass(600_000)
    expect(b.invalidated.toSorted()).toEqual(['pages', 'posts'])
    expect(stateOf(a)).toMatchObject({ state: 'ok', pending: 0, delivered: 2 })
  })

  test('is tried less and less often, and never given up', async () => {
    const world = new World()
    const b = await world.add('b')
    const a = await world.add('a', ['b'])
    let tries = 0
    b.fault = () => (tries++, 'lost')
    await a.change('posts')
    const perHour: number[] = []
    for (let hour = 0; hour < 6; hour++) {
      tries = 0
      await world.pass(3_600_000)
      perHour.push(tries)
    }
    expect(Math.max(...perHour.slice(1))).toBeLessThanOrEqual(24)
    expect(Math.min(...perHour)).toBeGreaterThanOrEqual(12)
  })

  test.each([
    ['seconds', () => '120'],
    ['a date', (now: number) => new Date(Math.ceil(now / 1_000) * 1_000 + 120_000).toUTCString()],
  ])('says with Retry-After, in %s, when to come back', async (_name, after) => {
    const world = new World()
    const b = await world.add('b')
    const a = await world.add('a', ['b'])
    await world.pass()
    b.fault = (sending, path) =>
      isMessage(sending, path)
        ? replyOf(503, undefined, { 'retry-after': after(world.clock.now()) })
        : undefined
    await a.change('posts')
    await world.pass(118_000)
    b.fault = () => undefined
    expect(b.invalidated).toEqual([])
    await world.pass(4_000)
    expect(b.invalidated).toEqual(['posts'])
  })

  test.each([429, 500, 502, 503, 404, 301, 302, 307])(
    'answering %i is tried again',
    async (status) => {
      const world = new World()
      const b = await world.add('b')
      const a = await world.add('a', ['b'])
      const location = { location: 'https://evil.example/' }
      b.fault = (sending, path) =>
        isMessage(sending, path) ? replyOf(status, undefined, location) : undefined
      await a.change('posts')
      await world.pass()
      expect(stateOf(a)).toMatchObject({ state: 'retrying', pending: 1 })
      b.fault = () => undefined
      await world.pass(2_000)
      expect(b.invalidated).toEqual(['posts'])
    },
  )

  test.each([['rubbish'], [null], [[]], [{}], [{ applied: 'yes' }]])(
    'answering %j has not understood',
    async (body) => {
      const world = new World()
      const b = await world.add('b')
      const a = await world.add('a', ['b'])
      b.fault = (sending, path) => (isMessage(sending, path) ? replyOf(200, body) : undefined)
      await a.change('posts')
      await world.pass()
      expect(stateOf(a)).toMatchObject({ state: 'retrying', pending: 1 })
    },
  )
})

describe('the service account', () => {
  test('signs in once and keeps its token until shortly before it ends', async () => {
    const world = new World()
    const b = await world.add('b')
    const a = await world.add('a', ['b'])
    for (let minute = 0; minute < 60; minute++) {
      await a.change('posts')
      await world.pass(60_000)
    }
    expect(b.invalidated).toHaveLength(60)
    expect(b.signIns).toBe(1)
  })

  test('signs in again when its token is no longer believed', async () => {
    const world = new World()
    const b = await world.add('b')
    const a = await world.add('a', ['b'])
    await world.pass()
    b.revokeTokens()
    await a.change('posts')
    await world.pass()
    expect(b.invalidated).toEqual(['posts'])
    expect(stateOf(a)).toMatchObject({ failures: 0 })
  })

  test('that is not let in is told of in the log, without its password', async () => {
    const world = new World()
    const b = await world.add('b')
    b.password = 'another one'
    const a = await world.add('a', ['b'])
    await a.change('posts')
    await world.pass()
    const [line] = a.lines.filter(({ level }) => level === 'warn')
    expect(line?.fields).toMatchObject({ reason: 'It does not let the service account in.' })
    expect(JSON.stringify(a.lines)).not.toContain('good password')
    b.password = 'a good password'
    await world.pass(10_000)
    expect(b.invalidated).toEqual(['posts'])
  })

  test('without the role may do nothing', async () => {
    const world = new World()
    const b = await world.add('b')
    b.role = 'user'
    const a = await world.add('a', ['b'])
    await a.change('posts')
    await world.pass()
    expect(b.invalidated).toEqual([])
    expect(stateOf(a)).toMatchObject({ state: 'retrying', pending: 1 })
  })
})

describe('a message', () => {
  test('whose answer was lost is told again and applied once', async () => {
    const world = new World()
    const b = await world.add('b')
    const a = await world.add('a', ['b'])
    await world.pass()
    b.fault = (sending, path) => (isMessage(sending, path) ? 'unanswered' : undefined)
    await a.change('posts')
    await world.pass()
    b.fault = () => undefined
    await world.pass(600_000)
    expect(b.invalidated).toEqual(['posts'])
    expect(stateOf(a)).toMatchObject({ state: 'ok', pending: 0 })
  })

  test('that the mirror acknowledged and lost is found by asking', async () => {
    const world = new World()
    const b = await world.add('b')
    const a = await world.add('a', ['b'])
    await a.change('posts')
    await world.pass()
    b.store.forgetApplied()
    await world.pass(600_000)
    expect(b.invalidated).toEqual(['posts', 'posts'])
    expect(stateOf(a)).toMatchObject({ healed: 1 })
  })

  test('survives the process that was to send it', async () => {
    const world = new World()
    const b = await world.add('b')
    const a = await world.add('a', ['b'])
    b.fault = () => 'lost'
    await a.change('posts')
    await world.pass()
    await a.mirrors.close()
    b.fault = () => undefined
    a.begin()
    await a.mirrors.start()
    await world.pass(1_000)
    expect(b.invalidated).toEqual(['posts'])
  })

  test('that a process has sent is not sent by the next', async () => {
    const world = new World()
    const b = await world.add('b')
    const a = await world.add('a', ['b'])
    await a.change('posts')
    await world.pass()
    await a.mirrors.close()
    a.begin()
    await a.mirrors.start()
    await world.pass(1_000)
    expect(b.invalidated).toEqual(['posts'])
  })

  test('of a person is applied as often as it is sent', async () => {
    const { mirrors, invalidated } = await new World().add('b')
    for (let time = 0; time < 2; time++) {
      const message = readMessage({ type: 'posts', mirror: false })
      expect(await mirrors.receive(message)).toEqual({ applied: true })
    }
    expect(invalidated).toEqual(['posts', 'posts'])
  })

  test('of an older change changes nothing', async () => {
    const { mirrors, invalidated } = await new World().add('b')
    const tell = (revision: number) =>
      mirrors.receive(readMessage({ type: 'post', mirror: false, origin: 'a', revision }))
    expect([await tell(5), await tell(5), await tell(4), await tell(6)]).toEqual(
      [true, false, false, true].map((applied) => ({ applied })),
    )
    expect(invalidated).toEqual(['posts', 'posts'])
  })

  test.each([
    ['no object', 'x'],
    ['a list', []],
    ['no type', { mirror: false }],
    ['a type that is no name', { type: 'a b' }],
    ['an endless type', { type: 'x'.repeat(200) }],
    ['a mirror that is no flag', { type: 'posts', mirror: 'no' }],
    ['a revision of nobody', { type: 'posts', origin: 'a' }],
    ['a revision that is none', { type: 'posts', origin: 'a', revision: 0 }],
    ['negative hops', { type: 'posts', origin: 'a', revision: 1, hops: -1 }],
    ['a field that is none', { type: 'posts', admin: true }],
  ])('with %s is refused', (_name, body) => {
    expect(() => readMessage(body)).toThrow(expect.objectContaining({ code: 'VALIDATION_FAILED' }))
  })

  test('of an unknown entity is refused and changes nothing', async () => {
    const { mirrors, invalidated } = await new World().add('b')
    await expect(mirrors.receive(readMessage({ type: 'postz' }))).rejects.toThrow(/posts/)
    expect(invalidated).toEqual([])
  })
})

describe('passing on', () => {
  const relay = { relay: true }

  test('goes no further unless the sender and the mirror say so', async () => {
    const world = new World()
    const c = await world.add('c')
    await world.add('b', ['c'], relay)
    const a = await world.add('a', ['b'])
    await a.change('posts')
    await world.pass()
    expect(c.invalidated).toEqual([])
  })

  test('ends in a circle, each having applied it once', async () => {
    const world = new World()
    const c = await world.add('c', ['a'], relay)
    const b = await world.add('b', ['c'], relay)
    const a = await world.add('a', ['b'], relay)
    await a.change('posts')
    await world.pass(10_000)
    expect([a.invalidated, b.invalidated, c.invalidated]).toEqual([['posts'], ['posts'], ['posts']])
    const { received } = a
    await world.pass(60_000)
    expect(a.received).toBe(received)
  })

  test('ends after so many deployments', async () => {
    const world = new World()
    const names = Array.from({ length: maxHops + 3 }, (_, at) => `d${at}`)
    const chain: Deployment[] = []
    for (const [at, name] of names.entries()) {
      const next = names[at + 1]
      chain.push(await world.add(name, next === undefined ? [] : [next], relay))
    }
    await chain[0]?.change('posts')
    await world.pass(60_000)
    const reached = chain.filter(({ invalidated }) => invalidated.length > 0)
    expect(reached).toHaveLength(maxHops + 1)
  })
})

test('whatever is lost, doubled or interrupted, all mirrors come to know of every change, and it ends', async () => {
  const names = ['a', 'b', 'c']
  const step = record({
    does: constantFrom('change', 'break', 'mend', 'restart', 'restore', 'revoke', 'pass'),
    who: constantFrom(...names),
    type: constantFrom('posts', 'pages', 'pictures'),
    fault: constantFrom('lost', 'unanswered', 401, 403, 429, 500, 302, 'rubbish'),
    ms: integer({ min: 0, max: 700_000 }),
  })
  await assert(
    asyncProperty(array(step, { maxLength: 25 }), async (steps) => {
      const world = new World()
      for (const name of names) {
        await world.add(
          name,
          names.filter((other) => other !== name),
          { relay: true },
        )
      }
      const of = (name: string) => world.deployments.get(name) as Deployment
      for (const { does, who, type, fault, ms } of steps) {
        const one = of(who)
        if (does === 'change') await one.change(type)
        if (does === 'break') one.fault = () => faultOf(fault)
        if (does === 'mend') one.fault = () => undefined
        if (does === 'restore') one.store.forgetApplied()
        if (does === 'revoke') one.revokeTokens()
        if (does === 'pass') await world.pass(ms)
        if (does !== 'restart') continue
        await one.mirrors.close()
        one.begin()
        await one.mirrors.start()
      }
      for (const one of world.deployments.values()) one.fault = () => undefined
      await world.pass(1_300_000)
      for (const one of world.deployments.values()) {
        expect(one.mirrors.stats().targets).toMatchObject([
          { state: 'ok', pending: 0 },
          { state: 'ok', pending: 0 },
        ])
        const own = [...one.store.marks.values()].filter(({ origin }) => origin === '')
        const revisions = Object.fromEntries(own.map((mark) => [mark.type, mark.revision]))
        for (const name of names.filter((other) => other !== one.name)) {
          expect((await of(name).store.applied([one.name]))[one.name]).toEqual(revisions)
        }
        await one.mirrors.close()
      }
    }),
    { numRuns: 25 },
  )
}, 60_000)

function faultOf(fault: number | string): ReturnType<Deployment['fault']> {
  if (fault === 'lost' || fault === 'unanswered') return fault
  if (fault === 'rubbish') return replyOf(200, '<html>')
  return replyOf(Number(fault))
}
