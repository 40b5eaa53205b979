/** The pages of errors and limits say what the code says. */
import { describe, expect, test } from 'vitest'
import { readPage } from './guides.ts'
import { errorsPage, limitsPage } from './reference.ts'

/** Without what formatting changes: widths of columns, layout of code. */
const words = (markdown: string): string =>
  markdown
    .replaceAll(/-{3,}/g, '---')
    .replaceAll(/[\s,]+/g, ' ')
    .replaceAll(/ ?([({[\])}]) ?/g, '$1')

const renew = 'run node --conditions=noboil-source conformance/samples/reference.write.ts'

describe('a page of the reference is current', () => {
  test('errors', () => {
    expect(words(readPage('errors.md')), renew).toBe(words(errorsPage()))
  })

  test('limits', () => {
    expect(words(readPage('limits.md')), renew).toBe(words(limitsPage()))
  })
})

test('every code and every limit is on its page', () => {
  expect(errorsPage().match(/^\| `[A-Z_]+`/gm)).toHaveLength(18)
  expect(limitsPage().match(/^\| `\w+`/gm)?.length).toBeGreaterThan(35)
})
