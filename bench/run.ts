/**
 * `npm run bench -w @noboil/bench [-- append|bulk|tail|counts|cache|updates|types …] [--rounds=5] [--write]`
 *
 * Contestants take turns (A B C A B C …), each turn in a fresh process on a fresh database. The tables go to the
 * terminal; `--write` also puts them into RESULTS.md. Exits with 1 when a benchmark could not be run.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { benchCache } from './cache/report.ts'
import { describeMachine, measureFdatasyncUs, realDisk } from './lib/machine.ts'
import { writeSection } from './lib/results.ts'
import { benchAppend, benchBulk, benchCounts, benchTail, type Context } from './reports.ts'
import { benchTypes } from './types/measure.ts'
import { benchUpdates } from './updates/report.ts'

const BENCHES: Readonly<Record<string, (context: Context) => Promise<string>>> = {
  append: benchAppend,
  bulk: benchBulk,
  tail: benchTail,
  counts: benchCounts,
  cache: benchCache,
  updates: benchUpdates,
  types: benchTypes,
}

const MIN_ROUNDS = 5

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: String(MIN_ROUNDS) },
      write: { type: 'boolean', default: false },
    },
  })
  const names = positionals.length === 0 ? Object.keys(BENCHES) : positionals
  const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name))
  const rounds = Number(values.rounds)
  if (unknown.length > 0 || !Number.isInteger(rounds) || rounds < 1) {
    console.error(
      `usage: bench [${Object.keys(BENCHES).join('|')} …] [--rounds=${MIN_ROUNDS}] [--write]`,
    )
    return 1
  }
  if (values.write && rounds < MIN_ROUNDS) {
    console.error(`results are written from at least ${MIN_ROUNDS} rounds`)
    return 1
  }
  const cacheDir = realDisk(process.env['BENCH_CACHE'] ?? join(import.meta.dirname, '.cache'))
  let failures = 0
  for (const name of names) {
    const body = await BENCHES[name]?.({ rounds, cacheDir }).catch((error: unknown) => {
      console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    })
    if (body === undefined) {
      failures++
      continue
    }
    const text = `${body}\n\n${footer(name, rounds, cacheDir)}`
    console.log(`\n## ${name}\n\n${text}`)
    if (values.write) writeSection(join(import.meta.dirname, 'RESULTS.md'), name, text)
  }
  return failures === 0 ? 0 : 1
}

function footer(name: string, rounds: number, cacheDir: string): string {
  const machine = describeMachine(measureFdatasyncUs(cacheDir))
  return [
    `- Date: ${new Date().toISOString().slice(0, 10)}`,
    `- Machine: ${machine}`,
    `- Command: \`npm run bench -w @noboil/bench -- ${name}\`, ${rounds} rounds`,
  ].join('\n')
}

process.exitCode = await main()
