/** What happens where rows are so large that Convex has no room for all of them in one transaction. */
import { expect, test } from 'vitest'
import { errorData } from '../../errors/match.ts'
import { s } from './app.fixture.ts'
import { deploy } from './deploy.fixture.ts'

async function largeLog() {
  const app = deploy(({ table }) => ({
    poll: table(s.poll),
    vote: table(s.vote, { search: 'option' }),
  }))
  const ann = await app.person('ann')
  const { _id: parent } = (await app.call('poll:create', { payload: { title: 'x' } }, ann)) as {
    readonly _id: string
  }
  const call = (name: string, args: object) => app.call(`vote:${name}`, { parent, ...args }, ann)
  const option = 'tea '.repeat(50_000)
  for (let vote = 0; vote < 90; vote++) await call('append', { payload: { option } })
  return call
}

test('a search of large rows finds those that there is room for', async () => {
  const call = await largeLog()
  const found = (await call('search', { query: 'tea' })) as readonly object[]
  expect(found.length).toBeGreaterThan(20)
})

test('a read that Convex has no room for says so, and a smaller one is answered', async () => {
  const call = await largeLog()
  const refused = await call('listAfter', { seq: 0 }).catch((error: unknown) => error)
  expect(errorData(refused)).toMatchObject({
    code: 'LIMIT_EXCEEDED',
    data: { limit: 'transaction', max: 16 * 1_024 * 1_024 },
  })
  expect(await call('listAfter', { seq: 0, limit: 20 })).toHaveLength(20)
})
