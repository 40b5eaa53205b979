/** What a deployment's functions carry of the library: bundled as Convex bundles them, for a runtime that is not Node. */
import { relative, resolve } from 'node:path'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'

const source = resolve(import.meta.dirname, '../..')

interface Bundle {
  /** Files of the library, relative to its sources, and packages by name. */
  readonly files: readonly string[]
  readonly packages: ReadonlySet<string>
  /** What would have to be there at run time. */
  readonly outside: readonly string[]
  /** Minified, in kB: of the library, and of what comes with it. */
  readonly ownKb: number
  readonly allKb: number
}

async function bundle(exports: string): Promise<Bundle> {
  const made = await rolldown({
    input: 'entry',
    platform: 'browser',
    resolve: { conditionNames: ['noboil-source', 'convex', 'module', 'import', 'default'] },
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? resolve(source, 'entry.ts') : null),
        load: (id) => (id === resolve(source, 'entry.ts') ? exports : null),
      },
    ],
    onLog: () => {},
  })
  const { output } = await made.generate({ minify: true })
  const [chunk] = output
  const used = Object.entries(chunk.modules).filter(([, { renderedLength }]) => renderedLength > 0)
  const own = used.filter(([id]) => id.startsWith(source))
  const ownLength = sum(own.map(([, { renderedLength }]) => renderedLength))
  const allLength = sum(used.map(([, { renderedLength }]) => renderedLength))
  const allKb = chunk.code.length / 1_000
  return {
    files: own.map(([id]) => relative(source, id)),
    packages: new Set(
      used.flatMap(
        ([id]) => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(id)?.[1] ?? [],
      ),
    ),
    outside: chunk.imports,
    ownKb: (allKb * ownLength) / allLength,
    allKb,
  }
}

const sum = (lengths: readonly number[]): number => lengths.reduce((all, one) => all + one, 0)

test('functions carry zod, Convex’s own server and the folders that run on every host: no Node, no React', async () => {
  const { files, packages, outside, ownKb, allKb } = await bundle(
    `export { noboil, defineTables, refs, convexContext } from './exports/convex.ts'
     export * from './exports/convex-schema.ts'`,
  )
  expect(outside).toEqual([])
  expect([...packages].toSorted()).toEqual(['convex', 'zod'])
  const folders = new Set(
    files.map((file) =>
      file
        .split('/')
        .slice(0, file.startsWith('hosts') ? 2 : 1)
        .join('/'),
    ),
  )
  expect([...folders].toSorted()).toEqual([
    'errors',
    'factories',
    'hosts/convex',
    'hosts/shared',
    'program',
    'schema',
    'server',
  ])
  expect(files.filter((file) => file.startsWith('server'))).toEqual([
    'server/functions.ts',
    'server/refs.ts',
  ])
  // docs/convex.md names these.
  expect(ownKb).toBeLessThan(130)
  expect(allKb).toBeLessThan(220)
}, 60_000)

test('a schema alone carries nothing of Convex', async () => {
  const { files, packages, ownKb } = await bundle(
    `export { schema } from './exports/convex-schema.ts'`,
  )
  expect([...packages]).not.toContain('convex')
  expect(files.filter((file) => !/^(schema|errors)\//.test(file))).toEqual([])
  expect(ownKb).toBeLessThan(10)
}, 60_000)
