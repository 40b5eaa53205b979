import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { capture } from '../../../../scripts/command.ts'
import { packLibrary } from '../../../../scripts/library.ts'
import { LIBRARY, ROOT } from '../../../../scripts/workspaces.ts'

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>
  readonly devDependencies: Readonly<Record<string, string>>
}

const MANIFEST = readManifest(join(LIBRARY, 'package.json'))
const ROOT_MANIFEST = readManifest(join(ROOT, 'package.json'))

/** Entries that need an optional peer; every other one must load beside zod alone. */
const PEERS: Readonly<Record<string, readonly string[]>> = {
  './node/react': ['react', '@tanstack/react-query'],
  './node/better-auth': ['better-auth'],
  './convex': ['convex'],
  './convex/react': ['convex', 'react', '@tanstack/react-query'],
  './convex/testing': ['convex', 'convex-test'],
  './spacetimedb': ['spacetimedb'],
  './spacetimedb/client': ['spacetimedb'],
  './spacetimedb/react': ['spacetimedb', 'react', '@tanstack/react-query'],
  './spacetimedb/worker': ['spacetimedb'],
  './spacetimedb/testing': ['spacetimedb', 'rolldown', 'ws'],
}

/** Entries that load in a database alone; `module-host.ts` is the proof that they do. */
const MODULES: ReadonlySet<string> = new Set(['./spacetimedb'])

const ENTRIES = Object.keys(MANIFEST.exports).filter((entry) => entry !== './package.json')
const LOADED = Object.entries(PEERS).filter(([entry]) => !MODULES.has(entry))
const PLAIN_ENTRIES = ENTRIES.filter((entry) => !(entry in PEERS))

let folder = ''
let tarball = ''
let app = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'noboil-package-'))
  tarball = packLibrary(join(folder, 'packed'))
  app = join(folder, 'app')
  cpSync(join(import.meta.dirname, 'consumer'), app, { recursive: true })
  writeFileSync(
    join(app, 'package.json'),
    '{ "name": "consumer", "private": true, "type": "module" }\n',
  )
  install(tarball, versionOf('zod'), versionOf('@types/node'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the tarball holds the build, its sources and the licence, and no tests', () => {
  const names = run('tar', '-tzf', tarball).trim().split('\n')
  const shown = names.map((name) => name.replace(/^package\//, ''))
  expect(shown).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']))
  for (const entry of ENTRIES) {
    const name = entry.slice(2).replaceAll('/', '-')
    expect(shown).toContain(`src/exports/${name}.ts`)
    for (const kind of ['js', 'js.map', 'd.ts', 'd.ts.map']) {
      expect(shown).toContain(`dist/exports/${name}.${kind}`)
    }
  }
  expect(shown.filter((name) => /\.(test|fixture)\./.test(name))).toEqual([])
})

test('publint finds nothing', () => {
  expectToRun('publint', 'run', tarball, '--strict')
})

test('the types are right for every way to resolve them', () => {
  expectToRun('attw', tarball, '--profile', 'esm-only', '--no-emoji')
})

test.each(PLAIN_ENTRIES)('%s loads beside zod alone', (entry) => {
  expect(exportsOf(entry)).not.toEqual([])
})

test.each(['nodenext', 'bundler'])(
  'a project compiles against it with %s resolution',
  (resolution) => {
    expectToRun('tsc', '--project', `tsconfig.${resolution}.json`)
  },
)

test('a schema declared by the installed package knows its tables', () => {
  expect(run('node', 'schema.ts')).toBe('comment poll siteConfig vote\n')
})

test('every host has the one schema, and errors are matched by code', () => {
  expect(run('node', 'plain.ts')).toBe('RATE_LIMITED again in 250 ms one schema\n')
})

test('an app under test keeps its rows in a file', () => {
  expect(JSON.parse(run('node', 'testing.ts', folder))).toEqual({
    first: { seq: 1, created: true },
    again: { seq: 1, created: false },
    refusal: 'NOT_AUTHENTICATED',
    totals: { 0: 1 },
  })
})

test('a server on embedded SQLite answers calls, moves live queries and keeps what it acknowledged', () => {
  expect(JSON.parse(run('node', 'server.ts', folder))).toEqual({
    first: { seq: 1, created: true },
    again: { seq: 1, created: false },
    refusal: 'NOT_AUTHENTICATED',
    live: { 1: 1 },
    doubled: 42,
    health: 200,
    kept: { seq: 1, optionIdx: 1, voter: 'ada' },
  })
})

test.each(Object.entries(PEERS))('%s asks for its peers by name', (entry, peers) => {
  const alone = capture('node', ['--eval', `await import('${specifierOf(entry)}')`], app)
  expect(alone.ok).toBe(false)
  expect(peers.some((peer) => alone.output.includes(`Cannot find package '${peer}'`))).toBe(true)
})

test.each(LOADED)('%s loads beside its peers', (entry, peers) => {
  install(...peers.map(versionOf))
  expect(exportsOf(entry)).not.toEqual([])
})

test('accounts of better-auth are the callers of a server', () => {
  expect(JSON.parse(run('node', 'accounts.ts', folder))).toEqual({ signedUp: 200, by: ['Ada'] })
})

test('functions of Convex answer on its stand-in', () => {
  expect(JSON.parse(run('node', 'convex.ts'))).toEqual({
    first: { seq: 1, created: true },
    again: { seq: 1, created: false },
    refusal: 'NOT_AUTHENTICATED',
    totals: { 0: 1 },
  })
})

test('a module of SpacetimeDB runs on its stand-in', () => {
  expect(run('node', 'module-host.ts')).toBe('hello\n')
})

test.each(['react', 'hosts', 'hosts.nodenext'])('a %s project compiles against it', (project) => {
  install(versionOf('@types/react'))
  expectToRun('tsc', '--project', `tsconfig.${project}.json`)
})

function install(...packages: readonly string[]): void {
  run('npm', 'install', '--no-audit', '--no-fund', '--no-update-notifier', ...packages)
}

function expectToRun(command: string, ...args: readonly string[]): void {
  const { ok, output } = capture(command, args, app)
  expect(ok, output).toBe(true)
}

/** Runs a command in the consumer's folder; its output, or an error that shows it. */
function run(command: string, ...args: readonly string[]): string {
  const { ok, output } = capture(command, args, app)
  if (!ok) throw new Error(`${command} ${args.join(' ')} failed:\n${output}`)
  return output
}

function exportsOf(entry: string): readonly string[] {
  const names = run(
    'node',
    '--eval',
    `console.log(JSON.stringify(Object.keys(await import('${specifierOf(entry)}'))))`,
  )
  return JSON.parse(names) as string[]
}

function specifierOf(entry: string): string {
  return `noboil${entry.slice(1)}`
}

/** The version that the repository itself is tested with. */
function versionOf(name: string): string {
  const version = MANIFEST.devDependencies[name] ?? ROOT_MANIFEST.devDependencies[name]
  if (version === undefined) throw new Error(`${name} is no dependency of the repository.`)
  return `${name}@${version}`
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest
}
