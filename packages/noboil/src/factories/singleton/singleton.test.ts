import { describe, expect, it } from 'vitest'
import { number, object, string } from 'zod/v4'
import { makeSingleton } from '../../schema/define.ts'
import { zid } from '../../schema/fields.ts'
import { codeOf, failure, Rig } from '../testing.fixture.ts'
import { buildSingleton } from './build.ts'
import type { SingletonOptions } from './types.ts'

const { profile } = makeSingleton({
  profile: object({
    displayName: string().min(1),
    color: string().optional(),
    size: number().default(10),
  }),
})

const rig = (options: SingletonOptions<never, never> = {}) =>
  new Rig((settings) => [buildSingleton(profile, options as unknown as SingletonOptions, settings)])

const ann = { displayName: 'Ann', color: 'red' }

describe('upsert and get', () => {
  it('the first write makes the row, with defaults; later ones change what they name', async () => {
    const app = rig()
    const me = app.as('ann')
    const made = await me('profile.upsert', { payload: ann })
    expect(made).toEqual({
      _id: 'profile.ann',
      _creationTime: app.time,
      userId: 'ann',
      updatedAt: app.time,
      ...ann,
      size: 10,
    })
    const changed = await me('profile.upsert', { payload: { displayName: 'A' } })
    expect(changed).toEqual({ ...made, displayName: 'A', updatedAt: app.time + 1 })
    expect(await me('profile.get')).toEqual(changed)
    expect(await app.as('bob')('profile.get')).toBe(null)
  })

  it('a first write that is not complete is VALIDATION_FAILED naming what is missing', async () => {
    const app = rig()
    const error = await failure(app.as('ann')('profile.upsert', { payload: { color: 'red' } }))
    expect(error).toMatchObject({
      code: 'VALIDATION_FAILED',
      data: { issues: [{ path: 'payload.displayName' }] },
    })
    expect(await app.as('ann')('profile.get')).toBe(null)
  })

  it('unset clears optional fields only', async () => {
    const app = rig()
    const me = app.as('ann')
    await me('profile.upsert', { payload: ann })
    expect(await me('profile.upsert', { payload: {}, unset: ['color'] })).not.toHaveProperty(
      'color',
    )
    expect(await me('profile.get')).not.toHaveProperty('color')
    for (const name of ['displayName', 'nothing', 'updatedAt']) {
      expect(await codeOf(me('profile.upsert', { payload: {}, unset: [name] }))).toBe(
        'VALIDATION_FAILED',
      )
    }
    const fresh = await app.as('bob')('profile.upsert', { payload: ann, unset: ['color'] })
    expect(fresh).not.toHaveProperty('color')
  })

  it('nobody has a row: reads answer null, writes NOT_AUTHENTICATED', async () => {
    const app = rig()
    expect(await app.nobody('profile.get')).toBe(null)
    expect(await codeOf(app.nobody('profile.upsert', { payload: ann }))).toBe('NOT_AUTHENTICATED')
  })

  it('only the server itself names a user', async () => {
    const app = rig()
    await app.server('profile.upsert', { payload: ann, userId: 'ann' })
    expect(await app.server('profile.get', { userId: 'ann' })).toMatchObject(ann)
    await app.server('profile.upsert', { payload: { displayName: 'Bob' }, userId: 'bob' })
    expect(await app.as('bob')('profile.get', { userId: 'ann' })).toBe(null)
    expect(await app.as('ann')('profile.get', { userId: 'ann' })).toMatchObject(ann)
    expect(await codeOf(app.as('bob')('profile.upsert', { payload: ann, userId: 'ann' }))).toBe(
      'FORBIDDEN',
    )
    expect(await codeOf(app.server('profile.upsert', { payload: ann }))).toBe('VALIDATION_FAILED')
  })

  it('a declared userId is the server’s to say', async () => {
    const { own } = makeSingleton({ own: object({ userId: zid('users'), note: string() }) })
    const app = new Rig((settings) => [buildSingleton(own, {}, settings)])
    expect(await app.as('ann')('own.upsert', { payload: { note: 'n' } })).toMatchObject({
      userId: 'ann',
      note: 'n',
    })
    expect(
      await codeOf(app.as('bob')('own.upsert', { payload: { note: 'n', userId: 'ann' } })),
    ).toBe('VALIDATION_FAILED')
  })
})

describe('conflicts and limits', () => {
  it('expectedUpdatedAt is an exact compare-and-set; null: there must be no row', async () => {
    const app = rig()
    const upsert = (expectedUpdatedAt: number | null) =>
      app.as('ann')<{ updatedAt: number }>('profile.upsert', { payload: ann, expectedUpdatedAt })
    expect(await failure(upsert(1))).toMatchObject({ code: 'CONFLICT', data: { updatedAt: null } })
    const one = await upsert(null)
    const two = await upsert(one.updatedAt)
    for (const stale of [null, one.updatedAt]) {
      expect(await failure(upsert(stale))).toMatchObject({
        code: 'CONFLICT',
        data: { updatedAt: two.updatedAt },
      })
    }
  })

  it('a refused write consumes no rate limit', async () => {
    const app = rig({ rateLimit: 1 })
    const me = app.as('ann')
    await codeOf(me('profile.upsert', { payload: {} }))
    await codeOf(me('profile.upsert', { payload: ann, expectedUpdatedAt: 1 }))
    await me('profile.upsert', { payload: ann })
    expect(await codeOf(me('profile.upsert', { payload: ann }))).toBe('RATE_LIMITED')
  })
})

it('hooks see the partial payload and what was there, and say what is written', async () => {
  const seen: unknown[] = []
  const app = rig({
    hooks: {
      beforeUpsert: (_ctx, { payload, prev }) => {
        seen.push({ payload, prev })
        return { ...(payload as object), color: 'blue' } as never
      },
      afterUpsert: (_ctx, event) => void seen.push(event),
    },
  })
  const me = app.as('ann')
  const one = await me('profile.upsert', { payload: { displayName: 'Ann' } })
  expect(one).toMatchObject({ color: 'blue', size: 10 })
  const two = await me('profile.upsert', { payload: { displayName: 'A' } })
  const whole = { displayName: 'Ann', size: 10 }
  expect(seen).toEqual([
    { payload: whole, prev: null },
    { payload: { ...whole, color: 'blue' }, prev: null, row: one },
    { payload: { displayName: 'A' }, prev: one },
    { payload: { displayName: 'A', color: 'blue' }, prev: one, row: two },
  ])
})
