/** What the type checker spends on projects of 6, 50 and 100 tables, by `tsc --extendedDiagnostics`. */
import { join } from 'node:path'
import { calm } from '../lib/machine.ts'
import { digits, summarize, table, times } from '../lib/stats.ts'
import type { Context } from '../reports.ts'
import { generateProject, type Part, PARTS } from './generate.ts'
import { emitDeclarations, tsc } from './library.ts'

const SIZES: readonly number[] = [6, 50, 100]

interface Diagnostics {
  readonly checkMs: number
  readonly totalMs: number
  readonly instantiations: number
  readonly types: number
  readonly memoryMib: number
}

interface Cell {
  readonly part: Part
  readonly size: number
  readonly runs: Diagnostics[]
  /** Why it does not compile. */
  failure?: string
}

export async function benchTypes({ rounds, cacheDir }: Context): Promise<string> {
  const paths = emitDeclarations(join(cacheDir, 'types-lib'))
  for (const size of SIZES) generateProject(join(cacheDir, `types-${size}`), size, paths)
  const cells = PARTS.flatMap((part) => SIZES.map((size): Cell => ({ part, size, runs: [] })))
  for (let round = 1; round <= rounds; round++)
    for (const cell of cells) {
      if (cell.failure !== undefined) continue
      await calm()
      const { status, output } = tsc(
        '-p',
        join(cacheDir, `types-${cell.size}`, `tsconfig.${cell.part}.json`),
        '--extendedDiagnostics',
      )
      if (status === 0) cell.runs.push(parseDiagnostics(output))
      else cell.failure = firstErrors(output)
    }
  if (cells.every((cell) => cell.runs.length === 0))
    throw new Error(`nothing compiles: ${cells[0]?.failure}`)
  return report(cells)
}

/** Reads the lines `Name: value` that tsc prints, times in seconds. */
export function parseDiagnostics(output: string): Diagnostics {
  const value = (name: string): number => {
    const found = new RegExp(`^${name}:\\s+([\\d.]+)`, 'm').exec(output)?.[1]
    if (found === undefined) throw new Error(`tsc printed no '${name}'`)
    return Number(found)
  }
  return {
    checkMs: value('Check time') * 1_000,
    totalMs: value('Total time') * 1_000,
    instantiations: value('Instantiations'),
    types: value('Types'),
    memoryMib: value('Memory used') / 1_024,
  }
}

function report(cells: readonly Cell[]): string {
  const head = ['what', 'tables', 'check ms', 'total ms', 'min–max', 'instantiations']
  const rows = cells.flatMap((cell) => {
    if (cell.runs.length === 0) return []
    const total = summarize(cell.runs.map((run) => run.totalMs))
    const half = cells.find((other) => other.part === cell.part && other.size === 50)
    const ratio =
      cell.size === 100 && half !== undefined && half.runs.length > 0
        ? times(median(cell, 'instantiations') / median(half, 'instantiations'))
        : '–'
    return [
      [
        NAMES[cell.part],
        String(cell.size),
        digits(median(cell, 'checkMs')),
        digits(total.median),
        `${digits(total.min)}–${digits(total.max)}`,
        median(cell, 'instantiations').toLocaleString('en-GB'),
        ratio,
        median(cell, 'types').toLocaleString('en-GB'),
        digits(median(cell, 'memoryMib')),
      ],
    ]
  })
  const failures = cells.flatMap(({ part, size, failure }) =>
    failure === undefined ? [] : [`- ${NAMES[part]}, ${size} tables, does not compile: ${failure}`],
  )
  return [
    'A generated project against the declaration files of the library: medians of `tsc --extendedDiagnostics` with its default threads.',
    table([...head, '100 ÷ 50', 'types', 'MiB'], rows),
    failures.join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

const NAMES: Readonly<Record<Part, string>> = {
  schema: 'schema',
  server: 'schema, server',
  client: 'schema, server, client',
  convexServer: 'schema, server on Convex',
  convexClient: 'schema, server, client on Convex',
}

function median(cell: Cell, name: keyof Diagnostics): number {
  return summarize(cell.runs.map((run) => run[name])).median
}

function firstErrors(output: string): string {
  const errors = output.split('\n').filter((line) => line.includes('error TS'))
  return `${errors.length} errors, first ${errors[0] ?? output.slice(0, 200)}`
}
