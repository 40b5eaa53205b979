import { expect, it } from 'vitest'
import { systemClock } from '../../client/ports.ts'
import { errorCode } from '../../errors/match.ts'
import { Answers } from './answers.ts'
import type { Watch } from './watch.ts'

const answerOf = (value: unknown): Promise<unknown> => {
  const rows = [{ request: 'mine', value: JSON.stringify(value) }]
  const results = { flush() {}, get: () => ({ rows, error: null }), listen: () => () => {} }
  return new Answers(results as unknown as Watch, systemClock).of('mine')
}

it('an answer fails with what an action failed with', async () => {
  const failed = answerOf({ failed: { code: 'CONFLICT', message: 'It has changed.' } })
  expect(errorCode(await failed.catch((error: unknown) => error))).toBe('CONFLICT')
})

it('a row that has a field called `failed` is an answer like any other', async () => {
  for (const failed of ['CONFLICT: no', { code: 'CONFLICT', message: 'no' }]) {
    const row = { _id: 'job.1', failed }
    expect(await answerOf(row)).toEqual(row)
  }
})
