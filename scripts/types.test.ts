import { expect, test } from 'vitest'
import { capture } from './command.ts'
import { workspacesWith } from './workspaces.ts'

// Wrong uses that must be compile errors are marked `@ts-expect-error` in the tests, so this is their proof too.
test.each(workspacesWith('tsconfig.json'))('%s has no type errors', (folder) => {
  const { ok, output } = capture('tsc', ['--noEmit', '--pretty', 'false', '-p', folder])
  expect(output).toBe('')
  expect(ok).toBe(true)
})
