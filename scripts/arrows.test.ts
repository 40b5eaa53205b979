import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT } from './workspaces.ts'

const SOURCE = join(ROOT, 'packages/noboil/src')

/** What each folder of the library may import beside itself, said once more so that the lint rules are held to it. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  errors: [],
  schema: ['errors'],
  program: ['errors', 'schema'],
  wire: ['errors', 'schema'],
  changes: ['errors', 'schema', 'program'],
  factories: ['errors', 'schema', 'program'],
  hosts: ['errors', 'schema', 'program', 'factories', 'changes'],
  live: ['errors', 'schema', 'program', 'factories', 'changes'],
  cache: ['errors', 'schema', 'program', 'factories', 'changes'],
  mirror: ['errors', 'schema', 'program', 'factories', 'changes', 'cache'],
  server: 'errors schema program wire changes factories hosts live cache mirror'.split(' '),
  standins: 'errors schema program wire changes factories hosts'.split(' '),
  client: ['errors', 'wire'],
  react: ['errors', 'wire', 'client'],
  exports:
    'errors schema program wire changes factories hosts live cache mirror server standins client react'.split(
      ' ',
    ),
}

/** Folders whose types may be imported where their code may not. */
const TYPES_ONLY: Record<string, readonly string[]> = {
  client: ['schema', 'factories'],
  react: ['schema', 'factories'],
}

const PACKAGES: Record<string, readonly string[]> = {
  zod: Object.keys(MAY_IMPORT),
  'zod/v4': Object.keys(MAY_IMPORT),
  'node:fs': ['hosts', 'server', 'standins', 'exports'],
  react: ['react', 'exports'],
  'react-dom/client': ['react', 'exports'],
  '@tanstack/react-query': ['react', 'exports'],
  hono: ['cache', 'mirror', 'server', 'exports'],
  'noboil/schema': ['exports'],
}

const FOLDERS = Object.keys(MAY_IMPORT)

interface Diagnostic {
  readonly code: string
  readonly help?: string
  readonly filename: string
}

let sandbox = ''
let refused: ReadonlyMap<string, readonly Diagnostic[]>

beforeAll(() => {
  sandbox = mkdtempSync(join(tmpdir(), 'noboil-arrows-'))
  cpSync(join(ROOT, '.oxlintrc.json'), join(sandbox, '.oxlintrc.json'))
  for (const from of FOLDERS) {
    for (const to of FOLDERS.filter((folder) => folder !== from)) {
      write(from, `value-${to}`, `import { x } from '../${to}/x.ts'\nexport const y: number = x\n`)
      write(from, `type-${to}`, `import type { X } from '../${to}/x.ts'\nexport type Y = X\n`)
      write(from, `export-${to}`, `export * from '../${to}/x.ts'\n`)
      write(from, `dynamic-${to}`, `export const y: unknown = await import('../${to}/x.ts')\n`)
      write(
        from,
        `deep/value-${to}`,
        `import { x } from '../../${to}/x.ts'\nexport const y: number = x\n`,
      )
    }
    for (const [at, name] of Object.keys(PACKAGES).entries())
      write(from, `package-${at}`, `import { x } from '${name}'\nexport const y: number = x\n`)
    write(from, 'inline', `export type Y = import('../errors/x.ts').X\n`)
    write(from, 'any', `export function f(x: any): void {\n  f(x)\n}\n`)
    write(from, 'node', `export const y: unknown = process.env\n`)
    write(from, 'clock', `export const y: number = Date.now()\n`)
    write(
      from,
      'own',
      `import { x } from './sibling.ts'\nimport { z } from './deep/z.ts'\nexport const y: number = x + z\n`,
    )
  }
  refused = Map.groupBy(lint(sandbox, 'packages'), ({ filename }) =>
    relative('packages/noboil/src', filename).replace(/\.ts$/, ''),
  )
}, 60_000)

afterAll(() => rmSync(sandbox, { recursive: true, force: true }))

test.each(FOLDERS)('%s imports what its arrows allow and nothing else', (from) => {
  for (const to of FOLDERS.filter((folder) => folder !== from)) {
    const allowed = MAY_IMPORT[from]?.includes(to) ?? false
    const typesAllowed = allowed || (TYPES_ONLY[from]?.includes(to) ?? false)
    for (const form of ['value', 'export', 'dynamic', 'deep/value'])
      expect(arrow(`${from}/${form}-${to}`), `${form} of ${to} in ${from}`).toBe(allowed)
    expect(arrow(`${from}/type-${to}`), `type of ${to} in ${from}`).toBe(typesAllowed)
  }
  expect(arrow(`${from}/own`), `a file beside it in ${from}`).toBe(true)
})

test.each(FOLDERS)('%s imports only the packages of its layer', (from) => {
  for (const [at, [name, folders]] of Object.entries(PACKAGES).entries())
    expect(arrow(`${from}/package-${at}`), `${name} in ${from}`).toBe(folders.includes(from))
})

test('every refusal is a sentence', () => {
  const messages = new Set(
    [...refused.values()]
      .flat()
      .filter(isArrow)
      .map(({ help }) => help),
  )
  for (const message of messages) expect(message).toMatch(/^[A-Z].*[a-z]\.$/)
  expect(refused.get('program/value-hosts')?.map(({ help }) => help)).toEqual([
    'A program may not know its host.',
  ])
})

test('a type cannot be imported around the arrows', () => {
  for (const from of FOLDERS)
    expect(codes(`${from}/inline`), from).toContain('typescript(consistent-type-imports)')
})

test('no signature says any', () => {
  for (const from of FOLDERS)
    expect(codes(`${from}/any`), from).toContain('typescript(no-explicit-any)')
})

test('what runs on every host reads no clock of its own', () => {
  for (const from of ['errors', 'schema', 'program', 'factories', 'changes', 'wire'])
    expect(codes(`${from}/clock`), from).toContain('eslint(no-restricted-properties)')
})

test('what runs in a browser knows no Node globals', () => {
  for (const from of ['errors', 'schema', 'wire', 'client', 'react'])
    expect(codes(`${from}/node`), from).toContain('eslint(no-restricted-globals)')
})

test('every folder of the library has arrows', () => {
  const folders = readdirSync(SOURCE, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )
  expect(FOLDERS).toEqual(expect.arrayContaining(folders.map(({ name }) => name)))
})

test('the library obeys its arrows', () => {
  expect(lint(ROOT, 'packages/noboil/src').filter(isArrow)).toEqual([])
})

function write(folder: string, name: string, text: string): void {
  const path = join(sandbox, 'packages/noboil/src', folder, `${name}.ts`)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function lint(folder: string, path: string): readonly Diagnostic[] {
  const { stdout, stderr, error } = spawnSync(
    join(ROOT, 'node_modules/.bin/oxlint'),
    ['--config', join(folder, '.oxlintrc.json'), '--format', 'json', path],
    { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  )
  if (error) throw error
  if (!stdout.startsWith('{')) throw new Error(`oxlint did not run: ${stdout}${stderr}`)
  const { diagnostics, number_of_files: files } = JSON.parse(stdout) as {
    diagnostics: Diagnostic[]
    number_of_files: number
  }
  if (files === 0) throw new Error(`oxlint found no file in ${path}.`)
  return diagnostics
}

function isArrow({ code }: Diagnostic): boolean {
  return code === 'eslint(no-restricted-imports)'
}

function arrow(file: string): boolean {
  return !refused.get(file)?.some(isArrow)
}

function codes(file: string): readonly string[] {
  return refused.get(file)?.map(({ code }) => code) ?? []
}
