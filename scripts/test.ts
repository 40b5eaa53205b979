/**
 * `npm test`: every suite of suites.ts in one run, after checking what the machine must have. The last line counts what
 * really ran; a suite that ran nothing and a skipped test are failures. `npm test -- <vitest arguments>` runs a part.
 * @module
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { show } from './command.ts'
import { ensureSystem } from './ensure-system.ts'
import { SUITES } from './suites.ts'
import { type Report, summarize } from './summary.ts'
import { ROOT } from './workspaces.ts'

const reportPath = join(ROOT, '.cache/test/vitest.json')
const summaryPath = join(ROOT, '.cache/test/summary.txt')
const filters = process.argv.slice(2)

rmSync(join(ROOT, '.cache/test'), { recursive: true, force: true })
process.exitCode = run() ? 0 : 1

function run(): boolean {
  if (filters.length === 0) {
    try {
      const installed = ensureSystem()
      if (installed.length > 0) console.log(`Installed ${installed.join(', ')}.`)
    } catch (error) {
      console.error(error instanceof Error ? error.message : error)
      return false
    }
  }
  const endedWell = show('vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportPath}`,
    ...filters,
  ])
  if (!existsSync(reportPath)) {
    console.error('The test run ended without results.')
    return false
  }
  const report = JSON.parse(readFileSync(reportPath, 'utf8')) as Report
  const summary = summarize(report, SUITES, {
    root: ROOT,
    isPartial: filters.length > 0,
    endedWell,
  })
  for (const complaint of summary.complaints) console.error(complaint)
  const line = `${summary.passed} passed, ${summary.failed} failed`
  writeFileSync(summaryPath, `${line}\n`)
  console.log(line)
  return endedWell && summary.failed === 0
}
