/**
 * Random histories of operations: the model and every host answer the same, call by call. `NOBOIL_RUNS` says how many;
 * a failure prints its seed, its path and its calls, which go to a file in `regressions/`, are replayed first, and stay.
 */
import { readdirSync, readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, test } from 'vitest'
import { hosts } from './hosts.ts'
import { type History, replay } from './random/replay.ts'
import { history } from './random/steps.ts'

const numRuns = Number(process.env['NOBOIL_RUNS'] ?? 200)
const folder = new URL('../regressions/', import.meta.url)
const regressions = readdirSync(folder).filter((name) => name.endsWith('.json'))

for (const driver of hosts) {
  describe(driver.name, () => {
    for (const name of regressions) {
      test(`still agrees on ${name.replace('.json', '').replaceAll('-', ' ')}`, async () => {
        await replay(driver, JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as History)
      })
    }

    test(
      `agrees with the model on ${numRuns} random histories`,
      { timeout: numRuns * 2_000 },
      async () => {
        await fc.assert(
          fc.asyncProperty(history, (steps) => replay(driver, steps)),
          { numRuns },
        )
      },
    )
  })
}
