/**
 * `npm run check`: everything that can be known without running the product. Every step runs, also after one failed;
 * the last line says which did.
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { show } from './command.ts'
import { packLibrary } from './library.ts'

const folder = mkdtempSync(join(tmpdir(), 'noboil-check-'))
let tarball: string | undefined

const STEPS: Readonly<Record<string, () => boolean>> = {
  format: () => show('oxfmt', ['--check']),
  lint: () => show('oxlint', []),
  types: () => show('node', ['scripts/types.ts']),
  unused: () => show('knip', []),
  package: () => {
    tarball = packLibrary(folder)
    return show('publint', ['run', tarball, '--strict'])
  },
  'package types': () =>
    tarball !== undefined && show('attw', [tarball, '--profile', 'esm-only', '--no-emoji']),
}

const failed: string[] = []
for (const [name, step] of Object.entries(STEPS)) {
  console.log(`\n── ${name}`)
  if (!succeeds(step)) failed.push(name)
}
rmSync(folder, { recursive: true, force: true })

const total = Object.keys(STEPS).length
console.log(
  `\ncheck: ${total - failed.length} of ${total} steps clean` +
    (failed.length > 0 ? `, failed: ${failed.join(', ')}` : ''),
)
process.exitCode = failed.length > 0 ? 1 : 0

function succeeds(step: () => boolean): boolean {
  try {
    return step()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return false
  }
}
