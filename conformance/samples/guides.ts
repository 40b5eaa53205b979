/**
 * The code of the guides as files: a fenced block `ts name=app.ts` is a file of its page, or the next part of one. A file marked
 * `run` is also run, and what its comments say is checked: `// → value` what the statement answers, `// ✗ CODE` how it fails.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { blocksOf } from './blocks.ts'

export interface GuideFile {
  /** `<page>/<name>`. */
  readonly path: string
  readonly text: string
  readonly runs: boolean
}

const docs = resolve(import.meta.dirname, '../../docs')
const pagesIn = (folder: string): string[] =>
  readdirSync(join(docs, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))

export const guidePages = (): string[] => [...pagesIn('guide'), ...pagesIn('.')].toSorted()

export const readPage = (page: string): string => readFileSync(join(docs, page), 'utf8')

/** The files of one page. Throws for TypeScript that is in no file. */
export function filesOf(page: string, markdown: string): GuideFile[] {
  const files = new Map<string, GuideFile>()
  for (const { info, text, line } of blocksOf(markdown)) {
    const [language = '', ...attributes] = info.split(' ')
    if (!/^(ts|tsx|js|jsx|typescript|javascript)$/.test(language)) continue
    const name = attributes.find((each) => each.startsWith('name='))?.slice('name='.length)
    if (name === undefined) throw new Error(`${page}:${line}: this code is in no file.`)
    const path = join(basename(page, '.md'), name)
    const before = files.get(path)
    files.set(path, {
      path,
      text: before === undefined ? text : `${before.text}\n${text}`,
      runs: attributes.includes('run') || before?.runs === true,
    })
  }
  return [...files.values()]
}

/** The file with its comments turned into checks. `checks`: how many there are. */
export function checked(text: string): { readonly text: string; readonly checks: number } {
  let checks = 0
  const statements = statementsOf(text).map((statement) => {
    const found = /^([^]*?)\s*\/\/ (→|✗) (.+)$/.exec(statement)
    if (found === null) return statement
    const [, code = '', sign, expected = ''] = found
    checks++
    if (sign === '✗') return `await _fails(async () => { ${code} }, ${JSON.stringify(expected)})`
    const name = /^(?:export )?const (\w+) =/.exec(code)?.[1]
    return name === undefined
      ? `_answers(${code}, ${expected})`
      : `${code}\n_answers(${name}, ${expected})`
  })
  const imports = `import { answers as _answers, fails as _fails } from '../support/checks.ts'`
  return { text: `${imports}\n${statements.join('\n')}\n`, checks }
}

/** A statement begins where a line begins with neither space nor a closing bracket. */
function statementsOf(text: string): string[] {
  const statements: string[] = []
  for (const line of text.split('\n')) {
    if (line === '' || /^[\s)}\]]/.test(line)) statements.push(`${statements.pop() ?? ''}\n${line}`)
    else statements.push(line)
  }
  return statements.map((statement) => statement.trimEnd())
}
