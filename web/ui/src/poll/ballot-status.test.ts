import { describe, expect, test } from 'vitest'
import { type BallotFacts, ballotStatus, watchTotal } from './ballot-status.ts'

const receipt = { optionIdx: 1, seq: 7, created: true }
const open: BallotFacts = {
  isClosed: false,
  quota: { allowed: true, remaining: 5 },
  refusedForMs: 0,
  receipt: undefined,
}
const usedUp = { allowed: false, remaining: 0, retryAfter: 9_000 }

describe('ballotStatus', () => {
  test('a closed poll says so, whatever else is true', () => {
    expect(ballotStatus({ ...open, isClosed: true, quota: usedUp, receipt })).toEqual({
      kind: 'closed',
    })
  })

  test('a used-up allowance hides the receipt until voting is possible again', () => {
    expect(ballotStatus({ ...open, quota: usedUp, receipt })).toEqual({
      kind: 'limited',
      waitMs: 9_000,
    })
  })

  test('a refusal counts even while the quota still says yes, and the longer wait wins', () => {
    expect(ballotStatus({ ...open, refusedForMs: 4_000 })).toEqual({
      kind: 'limited',
      waitMs: 4_000,
    })
    expect(ballotStatus({ ...open, quota: usedUp, refusedForMs: 4_000 })).toMatchObject({
      waitMs: 9_000,
    })
  })

  test('a wait that has run out no longer limits', () => {
    expect(ballotStatus({ ...open, refusedForMs: -1 }).kind).toBe('ready')
  })

  test('the last two ballots are announced, before and after voting', () => {
    const quota = { allowed: true, remaining: 2 }
    expect(ballotStatus({ ...open, quota })).toEqual({ kind: 'few', left: 2 })
    expect(ballotStatus({ ...open, quota, receipt })).toEqual({ kind: 'counted', receipt, left: 2 })
    expect(ballotStatus({ ...open, receipt })).toEqual({
      kind: 'counted',
      receipt,
      left: undefined,
    })
  })

  test('without a known quota voting is open: the server decides', () => {
    expect(ballotStatus({ ...open, quota: undefined }).kind).toBe('ready')
  })
})

describe('watchTotal', () => {
  test('what was there at arrival is not an arrival', () => {
    expect(watchTotal(undefined, 40)).toEqual({ startedAt: 40, last: 40 })
  })

  test('the start stays while the total rises', () => {
    expect(watchTotal({ startedAt: 40, last: 41 }, 44)).toEqual({ startedAt: 40, last: 44 })
  })

  test('a purge starts the count again', () => {
    expect(watchTotal({ startedAt: 40, last: 44 }, 0)).toEqual({ startedAt: 0, last: 0 })
  })
})
