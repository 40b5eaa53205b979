/**
 * Asking, counting, and counting only what fits.
 */
import { type Program, program } from '../../program/program.ts'
import { type Call, hook } from '../shared/call.ts'
import { denied, type Mutation, type Query, shared } from '../shared/operation.ts'
import {
  check as checkWindow,
  readWindow,
  record as recordUse,
  type WindowRow,
} from '../shared/window.ts'
import { type Given, givenReader, mayName, ownerOf, type QuotaContext } from './context.ts'
import type { QuotaState } from './types.ts'

export function check(quota: QuotaContext): Query<Given, QuotaState | null> {
  return {
    kind: 'query',
    args: givenReader(quota),
    *access(call, { owner }) {
      if (owner !== undefined) return (yield* mayName(quota, call, owner)) ? shared : denied(null)
      if (call.user === null) return denied(null)
      return { allowed: true, scope: { user: call.user._id } }
    },
    *read({ owner, cost = 1 }, { user }) {
      const whose = owner ?? (user as string)
      return yield* stateOf(quota, whose, yield* readWindow(quota.limit, whose), cost)
    },
  }
}

export function record(quota: QuotaContext): Mutation<Given, QuotaState> {
  return {
    kind: 'mutation',
    args: givenReader(quota),
    *run(call, given) {
      const { cost = 1 } = given
      const owner = yield* ownerOf(quota, call, given)
      const window = yield* readWindow(quota.limit, owner)
      const counted = yield* recordUse(quota.limit, owner, window, cost)
      return yield* stateOf(quota, owner, counted, cost)
    },
  }
}

export function consume(quota: QuotaContext): Mutation<Given, QuotaState> {
  return {
    kind: 'mutation',
    args: givenReader(quota),
    run: (call, given) => consumeSome(quota, call, given),
  }
}

const consumeSome: (quota: QuotaContext, call: Call, given: Given) => Program<QuotaState> = program(
  function* (quota, call, given) {
    const { limit, settings, hooks } = quota
    const { beforeConsume, afterConsume, onExceeded } = hooks
    const { cost = 1 } = given
    const owner = yield* ownerOf(quota, call, given)
    const use = { owner, cost }
    let window = yield* readWindow(limit, owner)
    let state = yield* stateOf(quota, owner, window, cost)
    if (state.allowed && beforeConsume !== undefined) {
      yield* hook(settings, call, (ctx) => beforeConsume(ctx, use))
      // The hook may itself have counted on this quota.
      window = yield* readWindow(limit, owner)
      state = yield* stateOf(quota, owner, window, cost)
    }
    if (!state.allowed) {
      if (onExceeded !== undefined) {
        yield* hook(settings, call, (ctx) => onExceeded(ctx, { ...use, state }))
      }
      return state
    }
    const counted = yield* recordUse(limit, owner, window, cost)
    const { retryAfter: _, ...after } = yield* stateOf(quota, owner, counted, cost)
    const answer = { ...after, allowed: true }
    if (afterConsume !== undefined) {
      yield* hook(settings, call, (ctx) => afterConsume(ctx, { ...use, state: answer }))
    }
    return answer
  },
)

const stateOf: (
  quota: QuotaContext,
  owner: string,
  window: WindowRow | null,
  cost: number,
) => Program<QuotaState> = program(function* ({ limit }, owner, window, cost) {
  const { at, ...verdict } = yield* checkWindow(limit, owner, window, cost)
  return { ...verdict, limit: limit.max, durationMs: limit.windowMs, serverTime: at }
})
