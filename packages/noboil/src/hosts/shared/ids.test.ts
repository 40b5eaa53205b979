import { expect, test } from 'vitest'
import { ManualClock, seededRandom } from '../testing.fixture.ts'
import { Ids } from './ids.ts'

const open = (): { ids: Ids; clock: ManualClock } => {
  const clock = new ManualClock()
  return { ids: new Ids({ clock, random: seededRandom() }), clock }
}

test('an id is the table, a dot and 26 characters', () => {
  const { ids } = open()
  expect(ids.next('poll')).toMatch(/^poll\.[0-9A-HJKMNP-TV-Z]{26}$/)
})

test('an id tells the time it was made at, as a ULID does', () => {
  const { ids, clock } = open()
  clock.set(1_469_918_176_385)
  expect(ids.next('poll').slice(0, 15)).toBe('poll.01ARYZ6S41')
})

test('later ids sort after earlier ones, within a millisecond and when the clock goes back', () => {
  const { ids, clock } = open()
  const made: string[] = []
  for (let i = 0; i < 20_000; i++) {
    if (i % 1_000 === 500) clock.set(clock.now() + (i % 3_000 === 500 ? -100 : 7))
    made.push(ids.next('t'))
  }
  expect(made.toSorted()).toEqual(made)
  expect(new Set(made).size).toBe(made.length)
})

test('ids of one millisecond rise also where their lower half overflows', () => {
  const clock = new ManualClock()
  const ids = new Ids({ clock, random: { bytes: (count) => new Uint8Array(count).fill(255) } })
  const made = Array.from({ length: 300_000 }, () => ids.next('t'))
  const risen = made.filter((id, at) => at > 0 && id > (made[at - 1] as string))
  expect(risen).toHaveLength(made.length - 1)
})
