/** Writes docs/errors.md and docs/limits.md. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { errorsPage, limitsPage } from './reference.ts'

const root = resolve(import.meta.dirname, '../..')
const files = { 'docs/errors.md': errorsPage(), 'docs/limits.md': limitsPage() }
for (const [file, text] of Object.entries(files)) writeFileSync(join(root, file), text)
const { status } = spawnSync(join(root, 'node_modules/.bin/oxfmt'), Object.keys(files), {
  cwd: root,
})
process.exitCode = status ?? 1
