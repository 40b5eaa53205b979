import * as fc from 'fast-check'
import { beforeAll, expect, it, vi } from 'vitest'
import { errorCode } from '../../errors/match.ts'
import { canonicalJson } from '../../schema/values.ts'
import { openRig, type Rig } from './app.fixture.ts'
import { hmacSha256 } from './sha256.ts'

/** A module is bundled once per file, which takes a busy machine its time. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let rig: Rig
let [open, hidden] = ['', '']

/** Two polls of Ann's with ten votes each: the first three of the open one are purged, the other poll is private. */
beforeAll(async () => {
  rig = await openRig()
  const poll = (isPublic: boolean) =>
    rig.call('ann', 'poll.create', { payload: { title: 'Tea?', isPublic } })._id
  const append = (parent: string, votes: number) =>
    rig.call('ann', 'vote.appendBulk', {
      parent,
      items: Array.from({ length: votes }, () => ({ optionIdx: 0 })),
    })
  ;[open, hidden] = [poll(true), poll(false)]
  append(open, 3)
  rig.call('ann', 'vote.purgeByParent', { parent: open })
  append(open, 7)
  append(hidden, 10)
})

/** A cursor of `vote.list`, made by who has found out the secret. */
function forged(parent: string, position: string): string {
  const secret = rig.host.tables('_meta').find(({ name }) => name === 'secret')?.['value'] as string
  const asked = canonicalJson([`vote.list:${parent}`, 'vote', '', 'desc', [parent]])
  return hmacSha256(secret, `${asked}\n${position}`).slice(0, 32) + position
}

interface Listed {
  readonly page: readonly { readonly seq: number; readonly parent: string }[]
  readonly continueCursor: string
}

const list = (parent: string, cursor: string | null, endCursor?: string): Listed =>
  rig.call<Listed>('eve', 'vote.list', {
    parent,
    paginationOpts: { numItems: 100, cursor, ...(endCursor !== undefined && { endCursor }) },
  })

it('the forger of these tests makes the cursors that the module makes', () => {
  const opts = { paginationOpts: { numItems: 2, cursor: null } }
  const page = rig.call<Listed>('eve', 'vote.list', { parent: open, ...opts })
  expect(page.continueCursor).toBe(forged(open, '[9]'))
})

it('who knows the secret reads with a forged cursor what the query answers without, and nothing else', () => {
  const all = list(open, null).page.map(({ seq }) => seq)
  expect(all).toEqual([10, 9, 8, 7, 6, 5, 4])
  const position = fc.oneof(
    fc.integer({ min: -3, max: 15 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  )
  fc.assert(
    fc.property(position, fc.option(position), (from, to) => {
      const cursor = forged(open, JSON.stringify([from]))
      const end = to === null ? undefined : forged(open, JSON.stringify([to]))
      const found = list(open, cursor, end)
      const seen = found.page.map(({ seq }) => seq)
      expect(seen).toEqual(all.filter((seq) => seq < from && (to === null || seq >= to)))
      expect(found.page.every(({ parent }) => parent === open)).toBe(true)
    }),
    { numRuns: 200 },
  )
  expect(list(hidden, forged(hidden, '[11]')).page).toEqual([])
})

it('a forged cursor that holds no position is no cursor', () => {
  for (const position of ['', 'no json', '{}', 'null', '1', '["a"]', '[null]', '[1,2]', '[[]]']) {
    expect([position, refused(() => list(open, forged(open, position)))]).toEqual([
      position,
      'INVALID_CURSOR',
    ])
  }
})

function refused<result>(call: () => result): result | string | undefined {
  try {
    return call()
  } catch (error) {
    return errorCode(error)
  }
}
