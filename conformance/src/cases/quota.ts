/**
 * quota: sliding windows per owner. `ballots` is each person's own, `mail` is also counted by admins for others.
 */
import { expect } from 'vitest'
import { s } from '../app.ts'
import { trace, upTo } from '../fixture.ts'
import type { Who, World } from '../world.ts'
import { type Case, cases } from './case.ts'

interface State {
  readonly allowed: boolean
  readonly remaining: number
  readonly retryAfter?: number
}

const { limit, durationMs } = s.ballots

const use = (
  w: World,
  how: 'check' | 'record' | 'consume',
  more: object = {},
  who: Who = 'ann',
): Promise<State> => w.call<State>(`ballots.${how}`, more, who)

/** What every host must say of a quota; more is a host's to add. */
async function says(w: World, state: Promise<State>, expected: State): Promise<void> {
  const { allowed, remaining, retryAfter } = await state
  expect({ allowed, remaining, retryAfter }).toEqual({ retryAfter: undefined, ...expected })
}

export const quotaCases: readonly Case[] = cases({
  'ballots.consume': {
    happy: {
      'counts while it fits, then says when it does again, and never throws': async (w) => {
        for (const left of [2, 1, 0])
          await says(w, use(w, 'consume'), { allowed: true, remaining: left })
        await w.advance(1_500)
        await says(w, use(w, 'consume'), {
          allowed: false,
          remaining: 0,
          retryAfter: durationMs - 1_500,
        })
        await w.advance(durationMs - 1_501)
        await says(w, use(w, 'consume'), { allowed: false, remaining: 0, retryAfter: 1 })
        await w.advance(1)
        await says(w, use(w, 'consume'), { allowed: true, remaining: 2 })
      },
      'counts a cost as a whole or not at all': async (w) => {
        await says(w, use(w, 'consume', { cost: 2 }), { allowed: true, remaining: 1 })
        await w.advance(100)
        await says(w, use(w, 'consume', { cost: 2 }), {
          allowed: false,
          remaining: 1,
          retryAfter: durationMs - 100,
        })
        await says(w, use(w, 'consume', { cost: 1 }), { allowed: true, remaining: 0 })
      },
      'never fits a cost over the limit': async (w) => {
        await says(w, use(w, 'consume', { cost: limit + 1 }), { allowed: false, remaining: limit })
      },
      'counts each owner alone': async (w) => {
        for (const _ of upTo(limit)) await use(w, 'consume')
        await says(w, use(w, 'consume', {}, 'bob'), { allowed: true, remaining: limit - 1 })
      },
    },
    anonymous: {
      'needs somebody': async (w) => {
        expect(await w.code('ballots.consume', {}, 'nobody')).toBe('NOT_AUTHENTICATED')
        expect(await w.code('ballots.consume', { owner: w.ids.ann }, 'nobody')).toBe(
          'NOT_AUTHENTICATED',
        )
        await says(w, use(w, 'check'), { allowed: true, remaining: limit })
      },
    },
    forbidden: {
      'counts on nobody else’s quota unless authorize allows it': async (w) => {
        const args = { owner: w.ids.bob }
        for (const who of ['ann', 'admin'] as const) {
          expect(await w.code('ballots.consume', args, who)).toBe('FORBIDDEN')
        }
        expect(await w.call('ballots.consume', { owner: w.ids.ann }, 'ann')).toMatchObject({
          allowed: true,
        })
        expect(await w.code('mail.consume', args, 'ann')).toBe('FORBIDDEN')
        expect(await w.call('mail.consume', args, 'admin')).toMatchObject({
          allowed: true,
          remaining: 1,
        })
        expect(await w.call('mail.check', {}, 'bob')).toMatchObject({ remaining: 1 })
      },
    },
    system: {
      'must name the owner': async (w) => {
        expect(await w.code('ballots.consume', {}, 'system')).toBe('VALIDATION_FAILED')
        await says(w, use(w, 'consume', { owner: 'ip 1.2.3.4' }, 'system'), {
          allowed: true,
          remaining: 2,
        })
      },
    },
    malformed: {
      'refuses costs that are no whole number of at least 1': async (w) => {
        for (const cost of [0, -1, 0.5, '1', null]) {
          expect(await w.code('ballots.consume', { cost }, 'ann')).toBe('VALIDATION_FAILED')
        }
        await says(w, use(w, 'check'), { allowed: true, remaining: limit })
      },
    },
    limited: {
      'counts no refused use': async (w) => {
        for (const _ of upTo(limit)) await use(w, 'consume')
        await w.advance(durationMs - 1)
        for (const _ of upTo(20)) await use(w, 'consume')
        await w.advance(1)
        await says(w, use(w, 'check'), { allowed: true, remaining: limit })
      },
      'lets time that goes back free nothing': async (w) => {
        for (const _ of upTo(limit)) await use(w, 'consume')
        await w.advance(-50_000)
        await says(w, use(w, 'check'), {
          allowed: false,
          remaining: 0,
          retryAfter: durationMs + 50_000,
        })
      },
    },
  },
  'ballots.record': {
    happy: {
      'always counts, also over the limit': async (w) => {
        for (const _ of upTo(limit)) await use(w, 'record')
        await w.advance(1_000)
        await use(w, 'record', { cost: 2 })
        await w.advance(durationMs - 1_000)
        await says(w, use(w, 'check'), { allowed: true, remaining: 1 })
        await says(w, use(w, 'check', { cost: 2 }), {
          allowed: false,
          remaining: 1,
          retryAfter: 1_000,
        })
      },
      'answers the first moment at which a use fits, however far over the limit': async (w) => {
        for (const _ of upTo(2 * limit)) {
          await use(w, 'record')
          await w.advance(10)
        }
        const { retryAfter } = await use(w, 'check')
        await w.advance((retryAfter as number) - 1)
        expect((await use(w, 'check')).allowed).toBe(false)
        await w.advance(1)
        expect((await use(w, 'check')).allowed).toBe(true)
      },
    },
    anonymous: {
      'needs somebody': async (w) => {
        expect(await w.code('ballots.record', {}, 'nobody')).toBe('NOT_AUTHENTICATED')
      },
    },
    forbidden: {
      'counts on nobody else’s quota': async (w) => {
        expect(await w.code('ballots.record', { owner: w.ids.bob }, 'ann')).toBe('FORBIDDEN')
      },
    },
  },
  'ballots.check': {
    happy: {
      'counts nothing': async (w) => {
        for (const _ of upTo(10))
          await says(w, use(w, 'check'), { allowed: true, remaining: limit })
      },
    },
    invisible: {
      'answers null for nobody, and for an owner that is not the caller’s to ask about': async (
        w,
      ) => {
        expect(await w.call('ballots.check', {}, 'nobody')).toBeNull()
        expect(await w.call('ballots.check', { owner: w.ids.ann }, 'nobody')).toBeNull()
        expect(await w.call('ballots.check', { owner: w.ids.ann }, 'bob')).toBeNull()
        expect(await w.call('mail.check', { owner: w.ids.ann }, 'admin')).toMatchObject({
          remaining: 2,
        })
      },
    },
  },
  'mail.consume': {
    hooked: {
      'keeps what onExceeded writes': async (w) => {
        for (const _ of upTo(2)) await w.call('mail.consume', {}, 'ann')
        expect(await trace(w, 'mail.onExceeded')).toBeNull()
        expect(await w.call('mail.consume', {}, 'ann')).toMatchObject({ allowed: false })
        expect(await trace(w, 'mail.onExceeded')).toBe(w.ids.ann)
      },
    },
  },
})
