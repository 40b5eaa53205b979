import { matchesGlob, relative } from 'node:path'
import type { Suite } from './suites.ts'

/** What is read of vitest's JSON report. Paths are absolute. */
export interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly status: 'passed' | 'failed'
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

export interface Summary {
  readonly passed: number
  readonly failed: number
  /** What is wrong beside tests that failed, each a sentence. */
  readonly complaints: readonly string[]
}

/**
 * Counts what really ran. Beside tests that failed, a file that failed without a failing test counts as one failure, and so do
 * a suite that ran nothing, a test that was skipped and a run that ended badly though every test passed.
 */
export function summarize(
  report: Report,
  suites: readonly Suite[],
  { root, isPartial, endedWell }: { root: string; isPartial: boolean; endedWell: boolean },
): Summary {
  const complaints: string[] = []
  let passed = 0
  let failed = 0
  const ran = new Set<string>()
  for (const { name, status, assertionResults } of report.testResults) {
    const file = relative(root, name)
    const count = (wanted: string): number =>
      assertionResults.filter((test) => test.status === wanted).length
    passed += count('passed')
    failed += count('failed')
    if (count('passed') + count('failed') > 0) ran.add(file)
    if (status === 'failed' && count('failed') === 0) {
      complaints.push(`${file} failed outside its tests.`)
    } else if (!isPartial) {
      for (const { fullName, status: outcome } of assertionResults) {
        if (outcome === 'passed' || outcome === 'failed') continue
        complaints.push(`${file}: "${fullName}" was not run (${outcome}).`)
      }
    }
  }
  if (!isPartial) {
    for (const { name, include } of suites) {
      const ranAny = [...ran].some((file) => include.some((glob) => matchesGlob(file, glob)))
      if (!ranAny) complaints.push(`The suite ${name} ran nothing.`)
    }
  }
  if (passed + failed + complaints.length === 0) complaints.push('Nothing ran.')
  if (!endedWell && failed + complaints.length === 0) {
    complaints.push('The run ended badly though every test passed: see the errors above.')
  }
  return { passed, failed: failed + complaints.length, complaints }
}
