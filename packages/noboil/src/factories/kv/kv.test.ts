import { describe, expect, it } from 'vitest'
import { boolean, number, object, string } from 'zod/v4'
import { makeKv } from '../../schema/define.ts'
import { codeOf, failure, first, Rig } from '../testing.fixture.ts'
import { buildKv } from './build.ts'
import type { KvOptions } from './types.ts'

const payload = object({ active: boolean(), message: string(), note: string().optional() })
const shown = { active: true, message: 'hi' }

const rig = (options: KvOptions<never, never> = {}, config: object = {}) => {
  const { site } = makeKv({
    site: { schema: payload, keys: ['banner', 'other'], writeRole: true, ...config },
  })
  return new Rig((settings) => [buildKv(site, options as unknown as KvOptions, settings)])
}

const admins = {
  writeRole: (ctx: { user: { role?: string | null } | null }) => ctx.user?.role === 'admin',
}

it('cleanFiles is refused where the host keeps no files', () => {
  expect(() => rig({ cleanFiles: true })).toThrow(`Table 'site': cleanFiles is for hosts`)
})

describe('set and get', () => {
  it('what is set is what everybody gets', async () => {
    const app = rig()
    const row = await app.as('ann')('site.set', { key: 'banner', payload: shown })
    expect(row).toEqual({
      _id: 'site.banner',
      _creationTime: app.time,
      key: 'banner',
      updatedAt: app.time,
      ...shown,
    })
    expect(await app.nobody('site.get', { key: 'banner' })).toEqual(row)
    expect(await app.nobody('site.get', { key: 'other' })).toBe(null)
  })

  it('a set replaces the whole payload', async () => {
    const app = rig()
    await app.nobody('site.set', { key: 'banner', payload: { ...shown, note: 'n' } })
    expect(await app.nobody('site.set', { key: 'banner', payload: shown })).not.toHaveProperty(
      'note',
    )
    expect(await app.nobody('site.get', { key: 'banner' })).not.toHaveProperty('note')
  })

  it('updatedAt rises with every write, whatever the clock does', async () => {
    const app = rig()
    const set = () =>
      app.nobody<{ updatedAt: number }>('site.set', { key: 'banner', payload: shown })
    const one = await set()
    const two = await set()
    app.wait(-5_000)
    const three = await set()
    expect([two.updatedAt, three.updatedAt]).toEqual([one.updatedAt + 1, one.updatedAt + 2])
  })

  it('a key that the table does not name is INVALID_KEY, also to read', async () => {
    const app = rig()
    const { code, data } = await failure(app.nobody('site.get', { key: 'baner' }))
    expect([code, data]).toEqual(['INVALID_KEY', { key: 'baner', keys: ['banner', 'other'] }])
    for (const operation of ['set', 'rm', 'restore']) {
      const args = operation === 'set' ? { key: 'x', payload: shown } : { key: 'x' }
      expect(await codeOf(app.nobody(`site.${operation}`, args))).toBe('INVALID_KEY')
    }
  })

  it('any short text is a key where the table names none', async () => {
    const app = rig({}, { keys: undefined })
    await app.nobody('site.set', { key: 'a b/ü', payload: shown })
    expect(await app.nobody('site.get', { key: 'a b/ü' })).toMatchObject(shown)
    expect(await codeOf(app.nobody('site.get', { key: 'k'.repeat(257) }))).toBe('LIMIT_EXCEEDED')
    expect(await codeOf(app.nobody('site.get', { key: '' }))).toBe('VALIDATION_FAILED')
  })

  it('a payload that does not parse, or has a field too many, is VALIDATION_FAILED by path', async () => {
    const app = rig()
    const bad = await failure(
      app.nobody('site.set', { key: 'banner', payload: { active: 1, message: '' } }),
    )
    expect(bad).toMatchObject({
      code: 'VALIDATION_FAILED',
      data: { issues: [{ path: 'payload.active' }] },
    })
    const more = await failure(
      app.nobody('site.set', { key: 'banner', payload: { ...shown, x: 1 } }),
    )
    expect(more).toMatchObject({
      code: 'VALIDATION_FAILED',
      data: { issues: [{ path: 'payload.x' }] },
    })
  })
})

describe('roles', () => {
  const writes: [string, object][] = [
    ['set', { key: 'banner', payload: shown }],
    ['rm', { key: 'banner' }],
    ['restore', { key: 'banner' }],
  ]

  it('without the role every write is refused; nobody is asked to sign in', async () => {
    const app = rig({}, admins)
    for (const [operation, args] of writes) {
      expect(await codeOf(app.as('ann')(`site.${operation}`, args))).toBe('FORBIDDEN')
      expect(await codeOf(app.nobody(`site.${operation}`, args))).toBe('NOT_AUTHENTICATED')
    }
    await app.as('root', 'admin')('site.set', { key: 'banner', payload: shown })
  })

  it('without a writeRole only the server itself writes', async () => {
    const app = rig({}, { writeRole: undefined })
    for (const [operation, args] of writes) {
      expect(await codeOf(app.as('root', 'admin')(`site.${operation}`, args))).toBe('FORBIDDEN')
      expect(await codeOf(app.nobody(`site.${operation}`, args))).toBe('FORBIDDEN')
    }
    expect(await app.server('site.set', { key: 'banner', payload: shown })).toMatchObject(shown)
  })

  it('list is for the role: others get an empty page', async () => {
    const app = rig({}, admins)
    for (const key of ['other', 'banner']) await app.server('site.set', { key, payload: shown })
    const page = await app.as('root', 'admin')('site.list', first(10))
    expect(page).toMatchObject({ page: [{ key: 'banner' }, { key: 'other' }], isDone: true })
    expect(await app.as('ann')('site.list', first(10))).toMatchObject({ page: [], isDone: true })
    expect(await app.nobody('site.list', first(10))).toMatchObject({ page: [], isDone: true })
  })

  it('list goes on where its cursor stands', async () => {
    const app = rig()
    for (const key of ['other', 'banner']) await app.nobody('site.set', { key, payload: shown })
    const one = await app.nobody<{ continueCursor: string }>('site.list', first(1))
    expect(one).toMatchObject({ page: [{ key: 'banner' }], isDone: false })
    const two = await app.nobody('site.list', first(1, one.continueCursor))
    expect(two).toMatchObject({ page: [{ key: 'other' }] })
    expect(await codeOf(app.nobody('site.list', first(1, 'forged')))).toBe('INVALID_CURSOR')
    expect(await codeOf(app.nobody('site.list', first(1_001)))).toBe('LIMIT_EXCEEDED')
  })
})

describe('conflicts', () => {
  const set = (app: Rig, expectedUpdatedAt?: number | null) =>
    app.nobody<{ updatedAt: number }>('site.set', {
      key: 'banner',
      payload: shown,
      expectedUpdatedAt,
    })

  it('a stale writer is told the current time, and writes nothing', async () => {
    const app = rig()
    const one = await set(app)
    const two = await set(app, one.updatedAt)
    expect(await failure(set(app, one.updatedAt))).toMatchObject({
      code: 'CONFLICT',
      data: { updatedAt: two.updatedAt },
    })
    expect(await app.nobody('site.get', { key: 'banner' })).toEqual(two)
  })

  it('null means that the key must not be there yet', async () => {
    const app = rig()
    const row = await set(app, null)
    expect(await failure(set(app, null))).toMatchObject({ data: { updatedAt: row.updatedAt } })
    expect(
      await failure(app.nobody('site.set', { key: 'other', payload: shown, expectedUpdatedAt: 5 })),
    ).toMatchObject({
      code: 'CONFLICT',
      data: { updatedAt: null },
    })
  })

  for (const softDelete of [true, false]) {
    it(`a writer who saw a row before its ${softDelete ? 'soft' : 'hard'} removal never writes over the next one`, async () => {
      const app = rig({ softDelete })
      const seen = await set(app)
      await app.nobody('site.rm', { key: 'banner' })
      expect(await codeOf(set(app, seen.updatedAt))).toBe('CONFLICT')
      app.wait(-60_000)
      const next = await set(app, null)
      expect(next.updatedAt).toBeGreaterThan(seen.updatedAt + 1)
      expect(await codeOf(set(app, seen.updatedAt))).toBe('CONFLICT')
    })
  }

  it('a tombstone goes when its key is there again', async () => {
    const app = rig()
    await set(app)
    await app.nobody('site.rm', { key: 'banner' })
    expect(await app.stored('_kvTombstones')).toHaveLength(1)
    await set(app)
    expect(await app.stored('_kvTombstones')).toHaveLength(0)
    await app.nobody('site.rm', { key: 'banner' })
    expect(await app.stored('site')).toHaveLength(0)
  })
})

describe('rm and restore', () => {
  it('a soft-deleted key is gone from every read until it is restored', async () => {
    const app = rig({ softDelete: true })
    const row = await app.nobody<{ updatedAt: number }>('site.set', {
      key: 'banner',
      payload: shown,
    })
    expect(await app.nobody('site.rm', { key: 'banner' })).toEqual({ deleted: true })
    expect(await app.nobody('site.get', { key: 'banner' })).toBe(null)
    expect(await app.nobody('site.list', first(10))).toMatchObject({ page: [] })
    expect(await app.nobody('site.rm', { key: 'banner' })).toEqual({ deleted: false })
    const back = await app.nobody('site.restore', { key: 'banner' })
    expect(back).toEqual({ ...row, updatedAt: row.updatedAt + 2 })
    expect(await app.nobody('site.get', { key: 'banner' })).toEqual(back)
  })

  it('set revives a soft-deleted key', async () => {
    const app = rig({ softDelete: true })
    await app.nobody('site.set', { key: 'banner', payload: { ...shown, note: 'old' } })
    await app.nobody('site.rm', { key: 'banner' })
    await app.nobody('site.set', { key: 'banner', payload: shown })
    const row = await app.nobody('site.get', { key: 'banner' })
    expect(row).toMatchObject(shown)
    expect(row).not.toHaveProperty('note')
  })

  it('restore answers a row that is there, and NOT_FOUND for one that is gone for good', async () => {
    const app = rig()
    const row = await app.nobody('site.set', { key: 'banner', payload: shown })
    expect(await app.nobody('site.restore', { key: 'banner' })).toEqual(row)
    await app.nobody('site.rm', { key: 'banner' })
    expect(await codeOf(app.nobody('site.restore', { key: 'banner' }))).toBe('NOT_FOUND')
  })
})

describe('rate limit', () => {
  it('set, rm and restore share one window, and the refusal says exactly when to come back', async () => {
    const app = rig({ rateLimit: 3, softDelete: true })
    const ann = app.as('ann')
    await ann('site.set', { key: 'banner', payload: shown })
    app.wait(10)
    await ann('site.rm', { key: 'banner' })
    await ann('site.restore', { key: 'banner' })
    const refused = await failure(ann('site.rm', { key: 'banner' }))
    expect(refused).toMatchObject({ code: 'RATE_LIMITED', data: { retryAfter: 59_990, max: 3 } })
    app.wait(59_989)
    expect(await codeOf(ann('site.rm', { key: 'banner' }))).toBe('RATE_LIMITED')
    app.wait(1)
    expect(await ann('site.rm', { key: 'banner' })).toEqual({ deleted: true })
  })

  it('a refused write consumes none, a write that finds nothing neither', async () => {
    const app = rig({ rateLimit: 1 })
    const ann = app.as('ann')
    await ann('site.rm', { key: 'banner' })
    expect(await codeOf(ann('site.restore', { key: 'banner' }))).toBe('NOT_FOUND')
    const stale = { key: 'banner', payload: shown, expectedUpdatedAt: 1 }
    expect(await codeOf(ann('site.set', stale))).toBe('CONFLICT')
    await ann('site.set', { key: 'banner', payload: shown })
  })

  it('callers do not use up each other’s, and the server itself has none', async () => {
    const app = rig({ rateLimit: 1 })
    for (const caller of [app.as('ann'), app.as('bob'), app.server, app.server]) {
      expect(await caller('site.set', { key: 'banner', payload: shown })).toMatchObject(shown)
    }
  })
})

describe('hooks', () => {
  it('see what was there, and what beforeUpdate returns is what is written', async () => {
    const seen: unknown[] = []
    const app = rig({
      hooks: {
        beforeUpdate: async (ctx, event) => {
          seen.push(['before', event])
          return { ...(event.payload as object), note: ctx.user._id } as never
        },
        afterUpdate: (_ctx, event) => void seen.push(['after', event]),
        beforeRm: (_ctx, event) => void seen.push(['beforeRm', event]),
        afterRm: (_ctx, event) => void seen.push(['afterRm', event]),
      },
    })
    const row = await app.as('ann')('site.set', { key: 'banner', payload: shown })
    expect(row).toMatchObject({ note: 'ann' })
    await app.nobody('site.rm', { key: 'banner' })
    const written = { ...shown, note: 'ann' }
    expect(seen).toEqual([
      ['before', { key: 'banner', payload: shown, prev: null }],
      ['after', { key: 'banner', payload: written, prev: null, row }],
      ['beforeRm', { key: 'banner', prev: row }],
      ['afterRm', { key: 'banner' }],
    ])
  })

  it('a field that a hook adds and the schema lacks is VALIDATION_FAILED naming it', async () => {
    const app = rig({ hooks: { beforeUpdate: () => ({ ...shown, by: 'x' }) as never } })
    expect(await failure(app.nobody('site.set', { key: 'banner', payload: shown }))).toMatchObject({
      code: 'VALIDATION_FAILED',
      data: { issues: [{ path: 'payload.by' }] },
    })
  })

  it('a throw after the write undoes it, and its rate limit', async () => {
    let broken = true
    const app = rig({
      rateLimit: 1,
      hooks: {
        afterUpdate: () => {
          if (broken) throw new Error('no')
        },
      },
    })
    await expect(app.nobody('site.set', { key: 'banner', payload: shown })).rejects.toThrow('no')
    expect(await app.nobody('site.get', { key: 'banner' })).toBe(null)
    broken = false
    await app.nobody('site.set', { key: 'banner', payload: shown })
  })
})

it('a refined schema is checked as a whole', async () => {
  const { range } = makeKv({
    range: {
      schema: object({ low: number(), high: number() }).refine(
        (it) => it.low <= it.high,
        'low > high',
      ),
      writeRole: true,
    },
  })
  const app = new Rig((settings) => [buildKv(range, {}, settings)])
  expect(await codeOf(app.nobody('range.set', { key: 'a', payload: { low: 2, high: 1 } }))).toBe(
    'VALIDATION_FAILED',
  )
})
