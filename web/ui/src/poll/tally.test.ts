import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ballotsText, gatesOf, standingOf, tallyOf } from './tally.ts'

const labels = ['Tram', 'Bus', 'Ferry']

describe('tallyOf', () => {
  test('percentages of any vote add up to exactly 100', () => {
    const counts = fc.array(fc.nat({ max: 2_000_000 }), { minLength: 2, maxLength: 8 })
    fc.assert(
      fc.property(counts, (votes) => {
        const { options, total } = tallyOf(votes.map(String), Object.fromEntries(votes.entries()))
        const sum = options.reduce((all, option) => all + option.percent, 0)
        expect(sum).toBe(total === 0 ? 0 : 100)
      }),
    )
  })

  test('an option with more votes never shows a smaller percentage', () => {
    const counts = fc.array(fc.nat({ max: 500 }), { minLength: 2, maxLength: 8 })
    fc.assert(
      fc.property(counts, (votes) => {
        const { options } = tallyOf(votes.map(String), Object.fromEntries(votes.entries()))
        for (const one of options) {
          for (const other of options) {
            if (one.votes > other.votes) expect(one.percent).toBeGreaterThanOrEqual(other.percent)
          }
        }
      }),
    )
  })

  test('options without a count have no votes', () => {
    expect(tallyOf(labels, { '1': 3 }).options.map((option) => option.votes)).toEqual([0, 3, 0])
  })

  test('counts of options that do not exist change nothing', () => {
    expect(tallyOf(labels, { '0': 1, '9': 50 })).toEqual(tallyOf(labels, { '0': 1 }))
  })

  test('all options with the most votes lead, and none leads an empty box', () => {
    const leads = (counts: Record<string, number>): boolean[] =>
      tallyOf(labels, counts).options.map((option) => option.leads)
    expect(leads({ '0': 2, '1': 2, '2': 1 })).toEqual([true, true, false])
    expect(leads({})).toEqual([false, false, false])
  })
})

describe('standingOf', () => {
  test.each([
    [{}, 'No ballots yet'],
    [{ '0': 1 }, 'Tram has every vote, 1 ballot'],
    [{ '0': 3, '1': 1 }, 'Tram leads with 75% of 4 ballots'],
    [{ '0': 2, '1': 2 }, 'Tram and Bus are level after 4 ballots'],
    [{ '0': 1, '1': 1, '2': 1 }, '3 options are level after 3 ballots'],
  ])('%j is "%s"', (counts, sentence) => {
    expect(standingOf(tallyOf(labels, counts))).toBe(sentence)
  })
})

test('a count is split into gates of five', () => {
  expect(gatesOf(0)).toEqual([])
  expect(gatesOf(4)).toEqual([4])
  expect(gatesOf(5)).toEqual([5])
  expect(gatesOf(12)).toEqual([5, 5, 2])
})

test('large counts are grouped, one is singular', () => {
  expect(ballotsText(1)).toBe('1 ballot')
  expect(ballotsText(12_967)).toBe('12,967 ballots')
})
