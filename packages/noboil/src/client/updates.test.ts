import { expect, test } from 'vitest'
import type { AppUpdate } from '../wire/messages.ts'
import { Updates, type UpdateListener } from './updates.ts'

const update = (entity: string, more: Partial<AppUpdate> = {}): AppUpdate => ({
  type: 'app-update',
  entity,
  names: [entity],
  id: null,
  action: 'update',
  stale: [],
  ...more,
})

function rig() {
  let now = 0
  const clock = { now: () => now, after: () => () => {} }
  const updates = new Updates(clock, () => {})
  const heard: string[] = []
  const listener = (name: string): UpdateListener => ({
    changed: ({ entity }) => heard.push(`${name} ${entity}`),
    missed: () => heard.push(`${name} missed`),
  })
  return { updates, heard, listener, pass: (ms: number) => (now += ms) }
}

test('whoever asked for an entity hears of it, and of what it depends on', () => {
  const { updates, heard, listener } = rig()
  updates.watch(['post'], listener('a'))
  updates.watch(['feed'], listener('b'))
  updates.take(update('posts', { names: ['posts', 'post'], stale: ['feed'] }))
  updates.take(update('users'))
  expect(heard).toEqual(['a posts', 'b posts'])
})

test('what changed before the server knew of the wish is told with its answer', () => {
  const { updates, heard, listener, pass } = rig()
  updates.watch(['posts'], listener('a'))
  pass(500)
  updates.told(['posts'], { recent: [update('posts'), update('users')], sinceMs: 60_000 })
  expect(heard).toEqual(['a posts'])
})

test('a short loss of the connection costs no more than what changed meanwhile', () => {
  const { updates, heard, listener, pass } = rig()
  updates.watch(['posts', 'users'], listener('a'))
  updates.told(['posts', 'users'], { recent: [], sinceMs: 60_000 })
  updates.lost()
  pass(5_000)
  updates.told(['posts', 'users'], { recent: [update('users')], sinceMs: 60_000 })
  expect(heard).toEqual(['a users'])
})

test('a loss that is longer than the server remembers may have missed anything', () => {
  const { updates, heard, listener, pass } = rig()
  updates.watch(['posts'], listener('a'))
  updates.told(['posts'], { recent: [], sinceMs: 60_000 })
  updates.lost()
  pass(5_000)
  // A server that has just begun.
  updates.told(['posts'], { recent: [], sinceMs: 4_000 })
  expect(heard).toEqual(['a missed'])
})

test('an answer to an earlier wish says nothing of a later one', () => {
  const { updates, heard, listener } = rig()
  updates.watch(['posts'], listener('a'))
  updates.watch(['users'], listener('b'))
  updates.told(['posts'], { recent: [update('users')], sinceMs: 60_000 })
  expect(heard).toEqual([])
  updates.told(['posts', 'users'], { recent: [update('users')], sinceMs: 60_000 })
  expect(heard).toEqual(['b users'])
})

test('a listener that throws keeps nobody else from the news', () => {
  const { updates, heard, listener } = rig()
  const reported: unknown[] = []
  globalThis.reportError = (error) => void reported.push(error)
  updates.watch(['posts'], {
    changed: () => {
      throw new Error('mine')
    },
    missed: () => {},
  })
  updates.watch(['posts'], listener('b'))
  updates.take(update('posts'))
  expect(heard).toEqual(['b posts'])
  expect(reported).toHaveLength(1)
})
