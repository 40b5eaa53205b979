/**
 * The cases and the hosts as a page: `docs/conformance.md`.
 */
import { s } from './app.ts'
import { allCases } from './cases/all.ts'
import { type Case, nameOf } from './cases/case.ts'
import type { HostDriver } from './driver.ts'
import { hosts } from './hosts.ts'

const intro = `# Conformance

What every operation promises, and which host keeps it. The page is written by \`npm run table -w @noboil/conformance\` from the
cases in \`conformance/src/cases\`; a test checks that it is current. Each rule is a test that runs on every host: ✓ passes, ✗ is a
gap that the host's driver names, and whose test turns red when it closes. Random histories against a plain model run beside them.
`

/** The whole page. */
export function page(): string {
  const factories = [...new Set(allCases.map(factoryOf))]
  return [intro, summary(), ...factories.map(section), ...gaps()].join('\n')
}

const factoryOf = ({ on }: Case): string => s[on.split('.')[0] as keyof typeof s].factory

/** Tables of one factory stand for each other: `vote.pub.list` is the log's `pub.list`. */
const operationOf = ({ on }: Case): string => on.split('.').slice(1).join('.')

function summary(): string {
  const rows = hosts.map((driver) => {
    const gaps = Object.keys(driver.gaps).length
    return [driver.name, `${allCases.length - gaps}`, `${gaps}`]
  })
  return table(['host', 'cases passed', 'gaps'], rows)
}

function section(factory: string): string {
  const own = allCases.filter((each) => factoryOf(each) === factory)
  const operations = [...new Set(own.map(operationOf))].toSorted()
  const rows = operations.flatMap((operation) => {
    const rules = Map.groupBy(
      own.filter((each) => operationOf(each) === operation),
      ({ kind, rule }) => `${kind}: ${rule}`,
    )
    return [...rules].map(([rule, cases], at) => [
      at === 0 ? `**${operation}**` : '',
      escape(rule),
      ...hosts.map((driver) => mark(driver, cases)),
    ])
  })
  return `## ${factory}\n\n${table(['operation', 'rule', ...hosts.map(({ name }) => name)], rows)}`
}

const mark = ({ gaps }: HostDriver, cases: readonly Case[]): string =>
  cases.some((each) => nameOf(each) in gaps) ? '✗' : '✓'

function gaps(): string[] {
  const rows = hosts.flatMap(({ name, gaps: named }) =>
    Object.entries(named).map(([rule, reason]) => [name, escape(rule), escape(reason)]),
  )
  return rows.length === 0 ? [] : [`## Gaps\n\n${table(['host', 'case', 'reason'], rows)}`]
}

const escape = (text: string): string => text.replaceAll('|', '\\|').replaceAll('_', '\\_')

/** A Markdown table as the formatter would write it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, at) =>
    Math.max(3, ...[head, ...rows].map((row) => row[at]?.length ?? 0)),
  )
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] as number)).join(' | ')} |\n`
  const rule = widths.map((width) => '-'.repeat(width))
  return [head, rule, ...rows].map(line).join('')
}
