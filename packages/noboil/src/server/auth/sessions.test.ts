import { asyncProperty, assert, constantFrom, integer, record, array, oneof } from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { errorCode } from '../../errors/match.ts'
import { HandClock } from './clock.fixture.ts'
import type { Dropped, Session } from './port.ts'
import { Sessions } from './sessions.ts'
import { type FakeAuth, fakeAuth } from './testing.ts'

const limits = { sessionCacheMs: 5_000, maxCachedSessions: 3, authTimeoutMs: 5_000 }
const ann = { _id: 'users.ann', name: 'Ann' }
const admin = { ...ann, role: 'admin' }

let clock: HandClock
let auth: FakeAuth
let sessions: Sessions
let dropped: Dropped[]

beforeEach(async () => {
  clock = new HandClock()
  auth = fakeAuth()
  sessions = new Sessions(auth, clock, limits)
  dropped = []
  sessions.onDropped((each) => dropped.push(each))
  await auth.connect?.({ dropped: (each) => sessions.drop(each), changed: async () => {} })
})

const find = (name: string): Promise<Session | null> => sessions.find(auth.headers(name))
const roleOf = async (name: string): Promise<unknown> => (await find(name))?.user.role
const codeOf = (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(() => undefined, errorCode)

describe('a verified session', () => {
  it('is believed for sessionCacheMs and not a millisecond longer', async () => {
    auth.signIn('s', ann)
    expect(await find('s')).toMatchObject({ id: 's', user: ann })
    clock.pass(4_999)
    await find('s')
    expect(auth.asked).toBe(1)
    clock.pass(1)
    await find('s')
    expect(auth.asked).toBe(2)
  })

  it('is not believed for longer when the clock goes back', async () => {
    auth.signIn('s', ann)
    await find('s')
    clock.pass(-3_600_000)
    await find('s')
    expect(auth.asked).toBe(2)
  })

  it('is over when it expires, whatever was kept', async () => {
    auth.signIn('s', ann, clock.now() + 1_000)
    expect(await find('s')).not.toBeNull()
    clock.pass(999)
    expect(await find('s')).not.toBeNull()
    clock.pass(1)
    expect(await find('s')).toBeNull()
  })

  it('that the port hands out after its end is nobody', async () => {
    auth.signIn('s', ann, clock.now())
    expect(await find('s')).toBeNull()
  })

  it('is verified once for all who ask at the same time', async () => {
    auth.signIn('s', ann)
    const all = await Promise.all(Array.from({ length: 20 }, () => find('s')))
    expect(auth.asked).toBe(1)
    expect(new Set(all).size).toBe(1)
  })

  it('is named by a hash, which tells nothing of the credentials', async () => {
    auth.signIn('secret', ann)
    const { key } = await sessions.verify(auth.headers('secret'))
    expect(key).toMatch(/^[\w-]{43}$/)
    expect(key).not.toContain('secret')
    expect((await sessions.verify(auth.headers('other'))).key).not.toBe(key)
  })
})

describe('nobody', () => {
  it('is who sends no credentials, without asking', async () => {
    expect(await sessions.verify(new Headers())).toEqual({ key: 'anonymous', session: null })
    expect(auth.asked).toBe(0)
    expect(await new Sessions(undefined, clock, limits).find(auth.headers('s'))).toBeNull()
  })

  it('is remembered like a session', async () => {
    expect(await find('made-up')).toBeNull()
    auth.signIn('made-up', ann)
    expect(await find('made-up')).toBeNull()
    clock.pass(5_000)
    expect(await find('made-up')).not.toBeNull()
    expect(auth.asked).toBe(2)
  })

  it('never pushes a session out, however many come', async () => {
    auth.signIn('s', ann)
    await find('s')
    for (let n = 0; n < 50; n++) await find(`made-up ${n}`)
    const { asked } = auth
    await find('s')
    expect(auth.asked).toBe(asked)
    await find('made-up 0')
    expect(auth.asked).toBe(asked + 1)
  })
})

describe('a dropped session', () => {
  it.each<[string, Dropped]>([
    ['by itself', { session: 's' }],
    ['with its user', { user: 'users.ann' }],
  ])('is forgotten at once, %s, and told on', async (_how, which) => {
    auth.signIn('s', ann)
    auth.signIn('other', { _id: 'users.bob', name: 'Bob' })
    await find('s')
    await find('other')
    auth.drop(which)
    expect(dropped).toEqual([which])
    expect(await find('s')).toBeNull()
    expect(await find('other')).not.toBeNull()
    expect(auth.asked).toBe(3)
  })

  it('is not revived by a verification that was running', async () => {
    auth.signIn('s', ann)
    const release = auth.hold()
    const running = find('s')
    auth.drop({ session: 's' })
    release()
    expect(await running).toBeNull()
    expect(await find('s')).toBeNull()
  })

  it('has its new role for those who waited and for those who came after', async () => {
    auth.signIn('s', ann)
    const release = auth.hold()
    const waited = roleOf('s')
    auth.drop({ user: ann._id })
    auth.signIn('s', admin)
    const after = roleOf('s')
    release()
    expect([await waited, await after]).toEqual(['admin', 'admin'])
    expect(await roleOf('s')).toBe('admin')
  })

  it('is UNAVAILABLE when it changes faster than it can be verified', async () => {
    auth.signIn('s', ann)
    const restless = new Sessions(
      {
        credential: () => 's',
        session: async (headers) => {
          restless.drop({ user: ann._id })
          return auth.session(auth.headers(headers.get('name') ?? 's'))
        },
      },
      clock,
      limits,
    )
    expect(await codeOf(restless.find(new Headers()))).toBe('UNAVAILABLE')
    expect(auth.asked).toBe(3)
  })

  it('does not disturb sessions of others that are being verified', async () => {
    auth.signIn('s', ann)
    const release = auth.hold()
    const running = find('s')
    auth.drop({ user: 'users.bob' })
    release()
    await running
    await find('s')
    expect(auth.asked).toBe(1)
  })

  it('is told to nobody who has stopped listening', () => {
    const stop = sessions.onDropped(() => expect.unreachable())
    stop()
    auth.drop({ session: 's' })
    expect(dropped).toHaveLength(1)
  })
})

describe('a renewed user', () => {
  it('is in sessions that are kept and in those being verified', async () => {
    auth.signIn('kept', ann)
    auth.signIn('running', ann)
    await find('kept')
    const release = auth.hold()
    const running = find('running')
    await auth.change({ ...ann, name: 'Anna' })
    sessions.renew({ ...ann, name: 'Anna' } as Session['user'])
    release()
    expect((await find('kept'))?.user.name).toBe('Anna')
    expect((await running)?.user.name).toBe('Anna')
  })
})

describe('a port that cannot tell', () => {
  it('is UNAVAILABLE, never nobody, and is asked again', async () => {
    auth.signIn('s', ann)
    auth.fail(new Error('disk I/O error'))
    expect(await codeOf(find('s'))).toBe('UNAVAILABLE')
    auth.fail(undefined)
    expect(await find('s')).not.toBeNull()
  })

  it('does not take back what is still believed', async () => {
    auth.signIn('s', ann)
    await find('s')
    auth.fail(new Error('disk I/O error'))
    expect(await find('s')).not.toBeNull()
  })

  it('is UNAVAILABLE once authTimeoutMs has passed, and its late answer changes nothing', async () => {
    auth.signIn('s', ann)
    const release = auth.hold()
    const slow = codeOf(find('s'))
    clock.pass(4_999)
    expect(clock.waiting).toBe(1)
    clock.pass(1)
    expect(await slow).toBe('UNAVAILABLE')
    expect(clock.waiting).toBe(0)
    release()
    expect(await find('s')).not.toBeNull()
    expect(auth.asked).toBe(2)
  })

  it('leaves no timer behind', async () => {
    auth.signIn('s', ann)
    await find('s')
    auth.fail(new Error('no'))
    await codeOf(find('t'))
    expect(clock.waiting).toBe(0)
  })

  it.each([
    ['an answer that is no session', { credential: () => 'c', session: async () => ({}) as never }],
    [
      'a session that never says when it ends',
      {
        credential: () => 'c',
        session: async () => ({ id: 's', user: ann, expiresAt: Number.NaN }) as never,
      },
    ],
    [
      'credentials it cannot read',
      {
        credential: () => {
          throw new Error('no')
        },
        session: async () => null,
      },
    ],
  ])('is UNAVAILABLE with %s', async (_what, port) => {
    expect(await codeOf(new Sessions(port, clock, limits).find(new Headers()))).toBe('UNAVAILABLE')
  })
})

describe('whatever happens in whatever order', () => {
  const name = constantFrom('a', 'b')
  const step = oneof(
    record({ type: constantFrom('find' as const), name }),
    record({ type: constantFrom('role' as const), name, role: integer({ min: 0, max: 99 }) }),
    record({ type: constantFrom('signOut' as const), name }),
    record({ type: constantFrom('hold' as const, 'release' as const) }),
    record({ type: constantFrom('pass' as const), ms: integer({ min: 0, max: 4_000 }) }),
  )

  it('an answer is never older than the last drop before the question', async () => {
    await assert(
      asyncProperty(array(step, { maxLength: 40 }), async (steps) => {
        const port = fakeAuth()
        const time = new HandClock()
        const cache = new Sessions(port, time, { ...limits, authTimeoutMs: 1_000_000 })
        await port.connect?.({ dropped: (each) => cache.drop(each), changed: async () => {} })
        const now = new Map<string, string | undefined>()
        let release = (): void => {}
        const checks: Promise<void>[] = []
        const asked: { name: string; allowed: Set<string | undefined> }[] = []
        for (const each of steps) {
          if (each.type === 'find') {
            const question = { name: each.name, allowed: new Set([now.get(each.name)]) }
            asked.push(question)
            checks.push(
              cache.find(port.headers(each.name)).then(
                (session) =>
                  expect([...question.allowed]).toContain(session?.user.role ?? undefined),
                (error: unknown) => expect(errorCode(error)).toBe('UNAVAILABLE'),
              ),
            )
          } else if (each.type === 'role' || each.type === 'signOut') {
            const role = each.type === 'role' ? String(each.role) : undefined
            // Somebody who was nobody may be believed to be nobody for some seconds: only changes of sessions count.
            if (now.get(each.name) === undefined) time.pass(5_000)
            port.drop({ user: `users.${each.name}` })
            if (role !== undefined)
              port.signIn(each.name, { _id: `users.${each.name}`, name: '', role })
            now.set(each.name, role)
            for (const question of asked)
              if (question.name === each.name) question.allowed.add(role)
          } else if (each.type === 'pass') time.pass(each.ms)
          else if (each.type === 'hold') {
            release()
            release = port.hold()
          } else release()
        }
        release()
        await Promise.all(checks)
      }),
      { numRuns: 300 },
    )
  })
})
