import { expect, test } from 'vitest'
import { ballots, polls } from './seed-data.ts'

test.each(polls)('$question has the ballots it says, mixed to the last', (poll) => {
  const cast = ballots(poll)
  const counted = poll.votes.map(
    (_, option) => cast.filter(({ optionIdx }) => optionIdx === option).length,
  )
  expect(counted).toEqual(poll.votes)
  const latest = new Set(cast.slice(-8).map(({ optionIdx }) => optionIdx))
  expect(latest.size).toBeGreaterThan(1)
})

test('nobody comments before the question was asked', () => {
  for (const { hoursAgo, comments } of polls)
    for (const comment of comments) expect(comment.hoursAgo).toBeLessThan(hoursAgo)
})
