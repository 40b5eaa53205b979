import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { page } from './table.ts'

test('docs/conformance.md is what the cases and drivers say: npm run table -w @noboil/conformance', () => {
  const written = readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8')
  expect(written === page()).toBe(true)
})
