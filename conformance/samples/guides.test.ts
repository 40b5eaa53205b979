/** Every code sample of the guides compiles; those that run do what their comments say. */
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generatedFor } from './generated.ts'
import { checked, filesOf, guidePages, readPage } from './guides.ts'
import { complaintsOf, writeProject } from './project.ts'

const files = guidePages().flatMap((page) => filesOf(page, readPage(page)))
const running = files.filter(({ runs }) => runs)
const generated = generatedFor(files)

test('every code sample of the guides compiles', () => {
  const written = files.map(({ path, text }) => [path, text] as const)
  const folder = writeProject('guides', new Map([...written, ...generated]))
  expect(complaintsOf(folder)).toBe('')
})

describe('the examples of the guides do what they say', () => {
  const checks = readFileSync(join(import.meta.dirname, 'support/checks.ts'), 'utf8')
  const folder = writeProject(
    'guides-run',
    new Map([
      ...files.map(({ path, text, runs }) => [path, runs ? checked(text).text : text] as const),
      ...generated,
      ['support/checks.ts', checks],
    ]),
  )
  // Databases that examples make are made here.
  const home = process.cwd()
  const workplace = mkdtempSync(join(tmpdir(), 'noboil-guides-'))
  beforeAll(() => process.chdir(workplace))
  afterAll(() => {
    process.chdir(home)
    rmSync(workplace, { recursive: true, force: true })
  })

  test.each(running.map(({ path }) => path))('%s', async (path) => {
    await import(join(folder, path))
  })

  test.each(running.map((file) => [file.path, file] as const))('%s says something', (_, file) => {
    expect(checked(file.text).checks).toBeGreaterThan(0)
  })
})

/** Names in backticks. */
const namesOn = (page: string): ReadonlySet<string> =>
  new Set([...readPage(page).matchAll(/`([\w.]+)/g)].map((found) => found[1] as string))

describe('a page names all that its factory has', () => {
  const source = resolve(import.meta.dirname, '../../packages/noboil/src')
  const readSource = (file: string): string => readFileSync(join(source, file), 'utf8')
  const read = (file: string): string => readSource(join('factories', file))
  /** The members of an exported interface, and of those named beside it. */
  const membersOf = (text: string, ...interfaces: readonly string[]): string[] =>
    interfaces.flatMap((name) => {
      const body = new RegExp(`^(?:export )?interface ${name}\\b[^]*?\\{\\n([^]*?)^\\}`, 'm').exec(
        text,
      )
      if (body === null) throw new Error(`There is no interface ${name}.`)
      return [...(body[1] as string).matchAll(/^ {2}readonly (\w+)/gm)].map(
        (found) => found[1] as string,
      )
    })
  const entity = read('shared/entity.ts')
  const shared = membersOf(entity, 'EntityOptions', 'EntityHooks')
  const cases: Readonly<Record<string, readonly string[]>> = {
    base: membersOf(
      read('base/types.ts'),
      ...['BaseOptions', 'BaseHooks', 'FetchContext', 'BaseApi', 'BaseFields'],
    ),
    kv: membersOf(read('kv/types.ts'), 'KvOptions', 'KvHooks', 'KvApi', 'KvFields'),
    log: membersOf(
      read('log/types.ts'),
      'LogOptions',
      'LogHooks',
      'LogApi',
      'LogReads',
      'LogFields',
    ),
    quota: membersOf(
      read('quota/types.ts'),
      'QuotaOptions',
      'QuotaHooks',
      'QuotaApi',
      'QuotaState',
    ),
    singleton: membersOf(
      read('singleton/types.ts'),
      ...['SingletonOptions', 'SingletonHooks', 'SingletonApi', 'SingletonFields'],
    ),
    owned: [
      ...shared,
      ...membersOf(read('owned/types.ts'), 'OwnedOptions', 'OwnedApi', 'OwnedReads', 'OwnedFields'),
    ],
    child: [
      ...shared,
      ...membersOf(read('child/types.ts'), 'ChildOptions', 'ChildApi', 'ChildReads', 'ChildFields'),
    ],
  }

  test.each(Object.entries(cases))('%s', (factory, names) => {
    const named = namesOn(`guide/${factory}.md`)
    expect(names.length).toBeGreaterThan(8)
    expect(names.filter((name) => !named.has(name))).toEqual([])
  })

  test('cache', () => {
    const named = namesOn('cache.md')
    const names = [
      ...membersOf(readSource('cache/options.ts'), 'SetOptions', 'RememberOptions'),
      ...membersOf(readSource('cache/ports.ts'), 'CacheLimits'),
      ...membersOf(readSource('cache/redis/settings.ts'), 'RedisSettings'),
      ...membersOf(readSource('server/cache-defaults.ts'), 'RedisOptions'),
    ]
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name) => !named.has(name))).toEqual([])
  })
})

/** The last cells of tables whose last column is headed "proof": names of tests, `;` between them. */
function proofsOn(page: string): string[] {
  const proofs: string[] = []
  let inTable = false
  for (const line of readPage(page).split('\n')) {
    const cells = line.startsWith('|') ? line.split(/(?<!\\)\|/).map((cell) => cell.trim()) : []
    const last = cells.at(-2)
    if (last === undefined) inTable = false
    else if (last === 'proof') inTable = true
    else if (inTable && !/^-+$/.test(last))
      proofs.push(...last.split(';').map((name) => name.trim()))
  }
  return proofs
}

describe('what a page says is proved is the name of a test', () => {
  const root = resolve(import.meta.dirname, '../..')
  const places = [
    'conformance/{src,crash,mirrors}/**/*.ts',
    'conformance/samples/*.test.ts',
    'packages/noboil/{src,test}/**/*.test.{ts,tsx}',
    'web/*/*/test/**/*.test.ts',
    'web/testing/src/*.ts',
    // Names that are put together; a test of its own keeps the page current.
    'docs/conformance.md',
  ]
  const tests = globSync(places, { cwd: root })
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n')
    .replaceAll(/\\?'|’/g, "'")

  test.each(guidePages())('%s', (page) => {
    const unknown = proofsOn(page).filter((name) => !tests.includes(name.replaceAll('’', "'")))
    expect(unknown).toEqual([])
  })

  test('and pages do name tests', () => {
    expect(guidePages().flatMap(proofsOn).length).toBeGreaterThan(20)
  })
})

describe('what a page links to is there', () => {
  const docs = resolve(import.meta.dirname, '../../docs')
  const anchorsOf = (markdown: string): ReadonlySet<string> =>
    new Set(
      [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      ),
    )

  test.each(guidePages())('%s', (page) => {
    const links = [...readPage(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)]
    const broken = links.filter(([, file = '', anchor]) => {
      const target = file === '' ? join(docs, page) : resolve(docs, dirname(page), file)
      if (!existsSync(target)) return true
      return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).has(anchor)
    })
    expect(broken.map(([link]) => link)).toEqual([])
  })
})
