/** `RESULTS.md`: one section per benchmark, each replaced alone, so that running one leaves the others. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

export type Sections = ReadonlyMap<string, string>

const PREFACE = `# Benchmark results

Written by \`npm run bench -w @noboil/bench -- --write\`. Absolute figures drift with the machine and with what else it does: compare only
within one section, and rather the ratios. Medians of interleaved rounds, with the smallest and the largest round behind them.
`

const ORDER: readonly string[] = ['append', 'bulk', 'tail', 'counts', 'cache', 'types']

export function parseSections(markdown: string): Sections {
  const parts = markdown.split(/^## /m).slice(1)
  return new Map(
    parts.map((part) => {
      const end = part.indexOf('\n')
      return [part.slice(0, end).trim(), part.slice(end + 1).trim()]
    }),
  )
}

export function renderSections(sections: Sections): string {
  const names = [...sections.keys()].toSorted((a, b) => position(a) - position(b))
  const texts = names.map((name) => `## ${name}\n\n${sections.get(name)}\n`)
  return [PREFACE, ...texts].join('\n')
}

/** Puts one section into the file, which is made when missing. */
export function writeSection(path: string, name: string, body: string): void {
  const before = existsSync(path) ? parseSections(readFileSync(path, 'utf8')) : new Map()
  writeFileSync(path, renderSections(new Map([...before, [name, body.trim()]])))
}

function position(name: string): number {
  const at = ORDER.indexOf(name)
  return at === -1 ? ORDER.length : at
}
