import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { capture } from '../../../../scripts/command.ts'
import { buildLibrary } from '../../../../scripts/library.ts'
import { ROOT } from '../../../../scripts/workspaces.ts'

test('Convex’s CLI takes the demo’s backend with the library as it is built, and finds its types right', () => {
  expect(buildLibrary()).toBe(true)
  const project = mkdtempSync(join(tmpdir(), 'noboil-convex-'))
  try {
    // The CLI looks for a compiler beside it; in a workspace that is not where packages are.
    symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'))
    writeFileSync(join(project, 'package.json'), '{ "dependencies": { "convex": "*" } }')
    const functions = `${relative(project, join(ROOT, 'backend/convex/convex'))}/`
    writeFileSync(join(project, 'convex.json'), JSON.stringify({ functions }))
    const cli = join(ROOT, 'node_modules/convex/bin/main.js')
    const { ok, output } = capture('node', [cli, 'typecheck'], project)
    expect(output).toContain('Typecheck passed')
    expect(ok).toBe(true)
  } finally {
    rmSync(project, { recursive: true, force: true })
  }
})
