import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { costs, costsPage } from './convex.costs.ts'

test('an append with an idempotency key and no rate limit is at most 3 reads and 2 writes', async () => {
  const found = (await costs()).find(
    ({ call, when }) => call === 'vote.append' && when === 'an idempotency key',
  )
  expect(found?.reads).toBeLessThanOrEqual(3)
  expect(found?.writes).toBeLessThanOrEqual(2)
  expect(found?.writes).toBeGreaterThan(0)
})

test('docs/convex-costs.md is what calls cost: npm run costs -w @noboil/conformance', async () => {
  const written = readFileSync(new URL('../../../docs/convex-costs.md', import.meta.url), 'utf8')
  expect(await costsPage()).toBe(written)
})
